/** Where a delta begins: what the log of exports has of an archive, or an earlier full archive itself. */
import { contentRow } from "../../core/archive/archive-entry.ts";
import { readArchiveKey } from "../../core/archive/archive-statement.ts";
import type { ContentRow } from "../../core/archive/order.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type ArchiveReader, groupParts, openArchive, type PartsOfOne } from "./archive-reader.ts";
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

/** The files of the newest archive: a folder of earlier ones may be named whole. */
function newestOf(groups: readonly PartsOfOne[]): readonly string[] {
  const highest = Math.max(...groups.map(({ sequence }) => sequence));
  const [newest, other] = groups.filter(({ sequence }) => sequence === highest);
  if (newest === undefined || other !== undefined)
    throw new EngineError(
      "invalid-usage",
      `two archives are number ${highest}, and the other side has one of them: name that one alone`,
      { subject: other?.files[0] ?? "--since" },
    );
  return newest.files;
}

/**
 * Runs `act` with an earlier full archive as base: the newest of those that files are parts of.
 * @throws EngineError `invalid-usage` when it is no full archive, and as `openArchive`.
 */
export function withArchiveBase<T>(files: readonly string[], options: FileBaseOptions, act: (base: DeltaBase) => T): T {
  const { publicKey, verifier, limits } = options;
  const acceptance = { keys: [readArchiveKey(publicKey, limits)], verifier, limits };
  const newest = newestOf(groupParts(files, acceptance));
  const archive = openArchive(newest, acceptance);
  try {
    const { statement, digest } = archive;
    if (statement.kind !== "full")
      throw new EngineError(
        "invalid-usage",
        "only a full archive says what the other side has; give --since its number",
        {
          subject: newest.join(", "),
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
