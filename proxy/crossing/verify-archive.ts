/**
 * Whether an archive is whole: everything that an import would find out about it by itself, and no mirror is touched.
 * Source: docs/spec/archive.md#what-is-refused.
 */
import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentRow, isTombstone, namedBlobs } from "../../core/archive/archive-entry.ts";
import { corruptArchive } from "../../core/archive/corrupt.ts";
import { contentLine } from "../../core/archive/order.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { guardedFiles } from "../mirror/store-error.ts";
import type { ArchiveReader } from "./archive-reader.ts";
import { Spool } from "./spool.ts";

export interface VerifiedArchive {
  /** By kind, without tombstones. */
  readonly entries: Readonly<Record<string, number>>;
  readonly tombstones: number;
  readonly blobs: number;
  readonly layers: number;
}

/**
 * Reads every byte. What entries name is noted in a temporary file, so that memory does not grow.
 * @throws EngineError `archive-corrupt`, `over-limit`; `archive-incomplete` when a blob is named and not carried.
 */
export function verifyArchive(archive: ArchiveReader, subject: string, limits: Limits): VerifiedArchive {
  const folder = guardedFiles(tmpdir(), () => mkdtempSync(join(tmpdir(), "sallyport-")));
  const spool = new Spool(folder, limits);
  try {
    const noted = noteEntries(archive, spool, subject);
    return { ...noted, ...compareBlobs(archive, spool, subject) };
  } finally {
    spool.close();
  }
}

function noteEntries(archive: ArchiveReader, spool: Spool, subject: string) {
  const { kind, contentId } = archive.statement;
  const hash = createHash("sha256");
  const entries: Record<string, number> = {};
  let tombstones = 0;
  for (const entry of archive.entries()) {
    hash.update(contentLine(contentRow(entry)));
    for (const blob of namedBlobs(entry)) spool.add(blob);
    if (isTombstone(entry)) tombstones += 1;
    else entries[entry.kind] = (entries[entry.kind] ?? 0) + 1;
  }
  const found = `sha256:${hash.digest("hex")}`;
  if (kind !== "delta" && found !== contentId)
    throw corruptArchive(`the entries have the content id ${found}, the statement says ${contentId}`, subject);
  return { entries, tombstones };
}

const noSize = -1;

/** The names of the spool and the blobs of the archive are in the same order. */
function compareBlobs(archive: ArchiveReader, spool: Spool, subject: string) {
  const isDelta = archive.statement.kind === "delta";
  // Of manifests and blobs the list alone says the size.
  spool.seal({ sizes: (digests) => digests.map(() => noSize) });
  const named = spool.blobs()[Symbol.iterator]();
  const counts = { blobs: 0, layers: 0 };
  try {
    let next = named.next();
    const pass = (digest: string | undefined): void => {
      for (; next.done !== true && (digest === undefined || next.value.digest < digest); next = named.next())
        if (!isDelta)
          throw new EngineError("archive-incomplete", `an entry names ${next.value.digest}, which is not carried`, {
            subject,
          });
    };
    for (const { digest, size, use } of archive.blobs()) {
      pass(digest);
      const isNamed = next.done !== true && next.value.digest === digest;
      if (isNamed && next.value.size !== noSize && next.value.size !== size)
        throw corruptArchive(`${digest} has ${size} bytes, an entry says ${next.value.size}`, subject);
      if (!isNamed && use === undefined) throw corruptArchive(`${digest} is carried, and no entry names it`, subject);
      if (isNamed) next = named.next();
      counts.blobs += 1;
      if (use === "layer") counts.layers += 1;
    }
    pass(undefined);
    return counts;
  } finally {
    named.return?.();
  }
}
