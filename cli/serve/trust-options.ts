/** The trust of a configuration, as the flags of commands say it. */
import type { Config } from "../../proxy/serve/settings.ts";
import type { TrustOptions } from "../input/trust-flags.ts";

export const trustOptions = ({
  trust: { tufRoot, tufRootRaw, mode, maxAge, warnAge, digest },
  freshness,
}: Config): TrustOptions => ({
  ...(tufRoot === undefined ? {} : { tufRoot }),
  ...(tufRootRaw === undefined ? {} : { tufRootRaw }),
  trustMode: mode,
  maxTrustAge: maxAge,
  warnTrustAge: warnAge,
  warnMirrorAge: freshness.warnMirrorAge,
  ...(freshness.maxMirrorAge === undefined ? {} : { maxMirrorAge: freshness.maxMirrorAge }),
  ...(freshness.maxCheckpointAge === undefined ? {} : { maxCheckpointAge: freshness.maxCheckpointAge }),
  ...(freshness.warnCheckpointAge === undefined ? {} : { warnCheckpointAge: freshness.warnCheckpointAge }),
  ...(digest === undefined ? {} : { trustDigest: digest }),
});
