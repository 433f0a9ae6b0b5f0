/** Where a delta begins: what the log of exports has of an archive, or an earlier full archive itself. */
import { contentRow } from "../../core/archive/archive-entry.ts";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { ContentRow } from "../../core/archive/order.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type ArchiveReader, openArchive } from "./archive-reader.ts";
import type { DeltaBase } from "./export-archive.ts";
import type { ExportedCheckpoint, ExportLog } from "./export-log.ts";
import { exportedCheckpoint } from "./log-growth.ts";

/**
 * @throws EngineError `invalid-usage` when nothing is kept of this archive, or no delta can begin there;
 * `mirror-corrupt`.
 */
export function loggedBase(log: ExportLog, sequence: number): DeltaBase {
  const { record, kept } = log.find(sequence);
  const subject = `archive ${sequence}`;
  if (record === undefined)
    throw new EngineError(
      "invalid-usage",
      `no record of this archive is kept here${kept.length === 0 ? "" : `; there are records of ${kept.join(", ")}`}`,
      { subject },
    );
  if (record.kind === "trust")
    throw new EngineError("invalid-usage", "an archive of trust is no base: name a full archive or a delta", {
      subject,
    });
  return { ...record, rows: () => log.rows(record), blobs: () => log.blobs(record) };
}

interface FileBaseOptions {
  /** PEM: the archive must be signed by the key that signs the delta. */
  readonly publicKey: string;
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/**
 * Runs `act` with an earlier full archive as base.
 * @throws EngineError `invalid-usage` when it is no full archive, and as `openArchive`.
 */
export function withArchiveBase<T>(path: string, options: FileBaseOptions, act: (base: DeltaBase) => T): T {
  const { publicKey, verifier, limits } = options;
  const archive = openArchive([path], { keys: [readArchiveKey(publicKey, limits)], verifier, limits });
  try {
    const { statement, digest } = archive;
    if (statement.kind !== "full")
      throw new EngineError(
        "invalid-usage",
        "only a full archive says what the other side has; give --since its number",
        {
          subject: path,
        },
      );
    return act({
      sequence: statement.sequence,
      statement: digest,
      contentId: statement.contentId,
      checkpoints: checkpointsOf(archive, limits),
      rows: () => rowsOf(archive),
      blobs: () => digestsOf(archive),
    });
  } finally {
    archive.close();
  }
}

function* rowsOf(archive: ArchiveReader): Iterable<ContentRow> {
  for (const entry of archive.entries()) yield contentRow(entry);
}

function* digestsOf(archive: ArchiveReader): Iterable<string> {
  for (const { digest, use } of archive.carried()) if (use !== "bootstrap") yield digest;
}

function checkpointsOf(archive: ArchiveReader, limits: Limits): readonly ExportedCheckpoint[] {
  const checkpoints: ExportedCheckpoint[] = [];
  // A note that is a blob of its own is not looked up: no log signs one that long.
  for (const entry of archive.entries())
    if ("treeSize" in entry) checkpoints.push(exportedCheckpoint(entry, undefined, limits));
  return checkpoints;
}
