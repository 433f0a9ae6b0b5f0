/** The trust of a configuration, as the flags of commands say it. */
import type { Config } from "../../proxy/serve/settings.ts";
import type { TrustOptions } from "../input/trust-flags.ts";

export const trustOptions = ({ trust: { tufRoot, mode, maxAge, digest } }: Config): TrustOptions => ({
  ...(tufRoot === undefined ? {} : { tufRoot }),
  trustMode: mode,
  maxTrustAge: maxAge,
  ...(digest === undefined ? {} : { trustDigest: digest }),
});
