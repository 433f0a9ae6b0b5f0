/**
 * Where trust begins on this side, for what comes from elsewhere and may not change it. Source:
 * docs/spec/offline.md#crossing-the-gap.
 */
import { publicGoodRoot } from "../../core/trust/public-good.ts";
import type { InitialRoots } from "../../proxy/mirror/trust-gate.ts";
import type { CommandIO } from "../command.ts";
import { defaultTrustName, readTufRoot } from "./trust-flags.ts";

/**
 * `file` is the TUF root that an operator gave; without one the built-in root counts.
 * @throws EngineError `invalid-usage` when the file is not a TUF root.
 */
export function readInitialRoots(file: string | undefined, io: CommandIO): InitialRoots {
  const root = file === undefined ? publicGoodRoot() : readTufRoot(file, io);
  return {
    initialRoot: (name) => (name === defaultTrustName ? root : undefined),
    isRootGiven: (name) => name === defaultTrustName && file !== undefined,
  };
}
