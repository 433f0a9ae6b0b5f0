/**
 * Logs that grew since an earlier archive are asked for proof, before the next one is made. Only hosts that a trusted
 * root of the mirror names are asked, or addresses that were given. Source: docs/spec/archive.md#growth.
 */
import { EngineError } from "../../core/errors.ts";
import { resolveTrust } from "../../core/trust/resolve-trust.ts";
import { parseTrustedRoot } from "../../core/trust/trusted-root.ts";
import { createTufVerifier } from "../../core/trust/tuf-verifier.ts";
import type { ExportedCheckpoint } from "../../proxy/crossing/export-log.ts";
import { findGrowth, type GrowthFound, proveGrowth } from "../../proxy/crossing/log-growth.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { readAuthorities } from "../../proxy/upstream/authorities.ts";
import { openUpstream } from "../../proxy/upstream/open-upstream.ts";
import type { CommandIO } from "../command.ts";
import { filesOf } from "../input/tool-files.ts";
import { parseSpan, readTrustSettings } from "../input/trust-flags.ts";

export interface ProofFlags {
  /** In place of the addresses that trusted roots name. */
  readonly logUrl?: readonly string[];
  readonly timeout: string;
}

/** Hosts of the logs that the mirror's trusted roots name. A root that does not verify names none. */
function trustedLogs(mirror: Mirror, io: CommandIO): ReadonlySet<string> {
  const knowledge = mirror.knowledge();
  const hosts = knowledge.trustedRootNames().flatMap((name) => {
    const answer = knowledge.answer({ kind: "trusted-root", name });
    if (answer?.state !== "present") return [];
    const tuf = createTufVerifier(readTrustSettings({ trust: name }, io, knowledge.tufRoots()), mirror.limits);
    try {
      const { bytes } = resolveTrust(answer.value, { name, now: () => io.now(), verifier: nodeVerifier, tuf });
      return parseTrustedRoot(bytes, mirror.limits).tlogs.flatMap(({ origin }) => origin ?? []);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return [];
    }
  });
  return new Set(hosts);
}

/** What each log that grew since these checkpoints answers; nothing is asked where none grew. */
export async function askProofs(
  mirror: Mirror,
  earlier: readonly ExportedCheckpoint[],
  { logUrl, timeout }: ProofFlags,
  io: CommandIO,
): Promise<readonly GrowthFound[]> {
  const { limits } = mirror;
  const growths = findGrowth(earlier, mirror.knowledge().state().checkpoints ?? [], limits);
  if (growths.length === 0) return [];
  const hosts = logUrl === undefined ? trustedLogs(mirror, io) : new Set<string>();
  const addresses = (origin: string): readonly string[] => {
    const host = origin.replace(/ - [0-9]+$/, "");
    return logUrl ?? (hosts.has(host) ? [`https://${host}`] : []);
  };
  const files = filesOf(io);
  const upstream = openUpstream({ env: io.env, authorities: () => readAuthorities({ env: io.env, files }) });
  try {
    const ask = upstream.growth(limits);
    const signal = AbortSignal.timeout(parseSpan(timeout, "--timeout"));
    return await proveGrowth(growths, { addresses, ask, signal });
  } finally {
    await upstream.close();
  }
}
