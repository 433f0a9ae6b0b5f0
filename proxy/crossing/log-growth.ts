/**
 * Proofs that logs only grew since an earlier archive: asked for, verified, and written into the next one, so that the
 * other side sees that its logs hold what they held. What cannot be had is said. Source: docs/spec/archive.md#growth.
 */
import type { CheckpointEntry } from "../../core/archive/archive-entry.ts";
import type { CarriedConsistency } from "../../core/archive/archive-statement.ts";
import { decodeBase64, encodeBase64 } from "../../core/encoding/base64.ts";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { parseCheckpoint } from "../../core/tlog/checkpoint.ts";
import { verifyConsistency } from "../../core/tlog/consistency-proof.ts";
import type { ExportedCheckpoint } from "./export-log.ts";

/** A log that grew since an archive that the other side may have. */
export interface LogGrowth {
  readonly origin: string;
  readonly firstSize: bigint;
  readonly secondSize: bigint;
  /** Root hashes, the first if the record of that archive has it. */
  readonly first: Uint8Array | undefined;
  readonly second: Uint8Array;
}

/** How a log's growth is shown: a proof, or why there is none. */
export type GrowthFound =
  | (LogGrowth & { readonly path: readonly Uint8Array[] })
  | (LogGrowth & { readonly code: ErrorCode; readonly reason: string });

/** Logs that grew from the checkpoints of earlier archives to those that are here. */
export function findGrowth(
  earlier: readonly ExportedCheckpoint[],
  notes: readonly string[],
  limits: Limits,
): readonly LogGrowth[] {
  const found = new Map<string, LogGrowth>();
  for (const note of notes) {
    const { origin, treeSize, rootHash } = parseCheckpoint(note, limits);
    for (const one of earlier) {
      const firstSize = BigInt(one.treeSize);
      if (one.origin !== origin || firstSize < 1n || firstSize >= treeSize) continue;
      const first = one.root === undefined ? undefined : decodeBase64(one.root);
      found.set(`${firstSize} ${origin}`, { origin, firstSize, secondSize: treeSize, first, second: rootHash });
    }
  }
  return [...found.values()];
}

/** Asks a log at an address, and gives the hashes of its proof; nobody has verified them. */
type AskGrowth = (
  question: Pick<LogGrowth, "origin" | "firstSize" | "secondSize"> & { readonly log: string },
  signal: AbortSignal,
) => Promise<readonly Uint8Array[]>;

export interface ProvingOptions {
  /** Addresses at which a log of this name may be asked. */
  readonly addresses: (origin: string) => readonly string[];
  readonly ask: AskGrowth;
  readonly signal: AbortSignal;
}

/** Asks for each growth at the addresses of its log, one after the other, until one gives a proof that verifies. */
export async function proveGrowth(
  growths: readonly LogGrowth[],
  options: ProvingOptions,
): Promise<readonly GrowthFound[]> {
  const found: GrowthFound[] = [];
  for (const growth of growths) found.push(await proveOne(growth, options));
  return found;
}

async function proveOne(growth: LogGrowth, { addresses, ask, signal }: ProvingOptions): Promise<GrowthFound> {
  const { origin, firstSize, secondSize, first, second } = growth;
  if (first === undefined)
    return { ...growth, code: "no-log-proof", reason: "the record of the earlier archive has no root of this log" };
  let last: GrowthFound = {
    ...growth,
    code: "no-log-proof",
    reason: "no trusted root names an address of this log: give --log-url",
  };
  for (const log of addresses(origin))
    try {
      const path = await ask({ log, origin, firstSize, secondSize }, signal);
      verifyConsistency({ firstSize, secondSize, path }, first, second);
      return { ...growth, path };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      last = { ...growth, code: error.code, reason: `${log}: ${error.message}` };
    }
  return last;
}

/** The proofs among what was found. */
export const carriedGrowth = (found: readonly GrowthFound[]): readonly CarriedConsistency[] =>
  found.flatMap((one) =>
    "path" in one ? { origin: one.origin, firstSize: one.firstSize, secondSize: one.secondSize, path: one.path } : [],
  );

/** What the record keeps of a checkpoint. */
export function exportedCheckpoint(
  { key: origin, treeSize, value }: CheckpointEntry,
  bytes: Uint8Array | undefined,
  limits: Limits,
): ExportedCheckpoint {
  const note = value ?? (bytes === undefined ? undefined : decodeUtf8(bytes));
  if (note === undefined) return { origin, treeSize };
  return { origin, treeSize, root: encodeBase64(parseCheckpoint(note, limits).rootHash) };
}
