/**
 * Where trust begins on this side, for what comes from elsewhere and may not change it. Source:
 * docs/spec/offline.md#crossing-the-gap.
 */
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import type { InitialRoots } from "../../proxy/mirror/trust-gate.ts";
import type { CommandIO } from "../command.ts";
import { defaultTrustName, findTufRoot, type TrustOptions } from "./trust-flags.ts";

/**
 * The TUF root that an operator gave; without one the built-in root counts.
 * @throws EngineError `invalid-usage` for what is not a TUF root.
 */
export function readInitialRoots(options: Pick<TrustOptions, "tufRoot" | "tufRootRaw">, io: CommandIO): InitialRoots {
  const given = findTufRoot(options, io);
  const root = given ?? publicGoodRoot();
  return {
    initialRoot: (name) => (name === defaultTrustName ? root : undefined),
    isRootGiven: (name) => name === defaultTrustName && given !== undefined,
  };
}
