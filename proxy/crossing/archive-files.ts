/**
 * Writing the files of an archive: which blob goes into which part, and then each part from its beginning to its end.
 * Source: docs/spec/archive.md#layout, #parts.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import {
  type ArchiveStatement,
  encodeArchiveStatement,
  type NamedDocument,
} from "../../core/archive/archive-statement.ts";
import { archiveManifest, indexEnd, indexStart, layoutMarker, partDocument } from "../../core/archive/frame.ts";
import { blobPath } from "../../core/archive/names.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { SigningKey } from "../archive/signing-key.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { corrupt, guardedFiles } from "../mirror/store-error.ts";
import type { ExportedFile } from "./export-log.ts";
import { countGarbage, countOne } from "../young-garbage.ts";
import { PartWriter } from "./part-writer.ts";
import { endBytes, memberBytes } from "../../core/archive/plain-tar.ts";
import type { Spool, SpooledBlob, SpooledList } from "./spool.ts";

/** A statement without what follows from the size of the parts. */
export type Draft = Omit<ArchiveStatement, "index" | "parts">;

export interface FilesToWrite {
  readonly draft: Draft;
  readonly key: SigningKey;
  readonly spool: Spool;
  readonly entryList: SpooledList;
  readonly blobList: SpooledList;
  readonly coverage: Uint8Array | undefined;
  readonly mirror: Mirror;
  /** As people gave it. */
  readonly path: string;
  readonly chunkSize: number | undefined;
  readonly limits: Limits;
}

/** Blobs of one part. */
interface Piece {
  readonly blobs: number;
  /** The last of them; of the last part all that follow. */
  readonly last: string | undefined;
}

/** A blob, and its bytes where they are those of the mirror. */
type Content = readonly [SpooledBlob, Uint8Array | undefined];

const isElsewhere = ({ at, path }: SpooledBlob): boolean => at !== undefined || path !== undefined;

const noDigest: Digest = `sha256:${"0".repeat(64)}`;

/** The beginning of a file, the end, and the lists that are in the first: a bound from above. */
function headBytes(draft: Draft, part: number, of: number): number {
  // As many digits as the numbers can have.
  const most = 999_999_999_999;
  const statement: ArchiveStatement = {
    ...draft,
    index: Array.from({ length: of }, () => ({ digest: noDigest, size: 99_999_999 })),
    parts: Array.from({ length: of }, () => most),
  };
  const envelope = Math.ceil(encodeArchiveStatement(statement).length / 3) * 4 + 512;
  const named = { digest: noDigest, size: envelope };
  const lists = [...draft.entryLists, ...draft.blobLists, ...(draft.coverage === undefined ? [] : [draft.coverage])];
  return (
    memberBytes(layoutMarker.length) +
    memberBytes(indexStart({ digest: noDigest, size: most }).length + indexEnd.length) +
    memberBytes(partDocument(noDigest, of, of).length) +
    memberBytes(archiveManifest(statement, named, part).length) +
    memberBytes(envelope) +
    (part > 1 ? 0 : lists.reduce((sum, { size }) => sum + memberBytes(size), 0)) +
    endBytes
  );
}

/** Which blobs are in which part, in the order of their digests. */
function planParts(draft: Draft, spool: Spool, chunkSize: number, limits: Limits): readonly Piece[] {
  for (let of = 2; ; ) {
    const pieces = cut(draft, spool, chunkSize, of);
    if (pieces.length > limits.archiveParts)
      throw new EngineError("over-limit", `${pieces.length} parts, at most ${limits.archiveParts} are read`, {
        subject: "--chunk-size",
      });
    // More parts make the statement longer, which is in every part.
    if (pieces.length <= of) return pieces;
    of = pieces.length;
  }
}

function cut(draft: Draft, spool: Spool, chunkSize: number, of: number): readonly Piece[] {
  const later = headBytes(draft, 2, of);
  let used = headBytes(draft, 1, of);
  const tooSmall = (what: string) =>
    new EngineError(
      "invalid-usage",
      `${what} do not fit into a part of ${chunkSize} bytes: give a larger --chunk-size`,
      {
        subject: "--chunk-size",
      },
    );
  if (used > chunkSize) throw tooSmall(`the lists and their signature, ${used} bytes,`);
  const pieces: Piece[] = [];
  let blobs = 0;
  let last = "";
  for (const { digest, size, listed } of spool.costs()) {
    const cost = memberBytes(size) + listed;
    if (used + cost > chunkSize) {
      pieces.push({ blobs, last });
      blobs = 0;
      used = later;
      if (used + cost > chunkSize) throw tooSmall(`the ${size} bytes of ${digest}`);
    }
    used += cost;
    blobs += 1;
    last = digest;
  }
  return [...pieces, { blobs, last: undefined }];
}

interface PartLine {
  readonly part: number;
  readonly text: string;
}

/** What `index.json` of each part says of its blobs. */
function* partLines(spool: Spool, pieces: readonly Piece[]): Iterable<PartLine> {
  let part = 0;
  for (const { digest, line } of spool.indexLines()) {
    for (let last = pieces[part]?.last; last !== undefined && digest > last; last = pieces[part]?.last) part += 1;
    yield { part, text: `,${line}` };
  }
}

/** The middle of an `index.json`, and where it waits to be written. */
interface IndexDocument extends NamedDocument {
  readonly at: number;
}

const indexPieceLength = 64 * 1024;

/** Makes what `index.json` of each part says of its blobs. To make it again when it is written takes as long. */
function indexDocuments(spool: Spool, pieces: readonly Piece[]): readonly IndexDocument[] {
  const lines = partLines(spool, pieces)[Symbol.iterator]();
  let line = lines.next();
  return pieces.map((_, part) => {
    const hash = createHash("sha256");
    let at: number | undefined;
    let size = 0;
    let text = "";
    const keep = () => {
      const bytes = encodeUtf8(text);
      hash.update(bytes);
      const place = spool.keep(bytes);
      at ??= place;
      size += bytes.length;
      text = "";
    };
    for (; line.done !== true && line.value.part === part; line = lines.next()) {
      text += line.value.text;
      countOne("line");
      if (text.length >= indexPieceLength) keep();
    }
    keep();
    return { digest: `sha256:${hash.digest("hex")}`, size, at: at ?? 0 };
  });
}

/** An archive of which every file is planned, and none written. */
export class ArchiveFiles {
  readonly statement: ArchiveStatement;
  /** Digest of the statement. */
  readonly digest: Digest;
  readonly files: readonly ExportedFile[];
  readonly #input: FilesToWrite;
  readonly #pieces: readonly Piece[];
  readonly #index: readonly IndexDocument[];
  readonly #envelope: Uint8Array;

  constructor(input: FilesToWrite) {
    const { draft, spool, chunkSize, key, path, limits } = input;
    const whole: readonly Piece[] = [{ blobs: draft.totals.blobs, last: undefined }];
    const pieces = chunkSize === undefined ? whole : planParts(draft, spool, chunkSize, limits);
    const of = pieces.length;
    this.#index = indexDocuments(spool, pieces);
    this.statement = {
      ...draft,
      index: this.#index.map(({ digest, size }) => ({ digest, size })),
      ...(of === 1 ? {} : { parts: pieces.map(({ blobs }) => blobs) }),
    };
    const payload = encodeArchiveStatement(this.statement);
    if (payload.length > limits.archiveStatementBytes)
      throw new EngineError("over-limit", `a statement of ${payload.length} bytes: export less at a time`, {
        subject: path,
      });
    this.digest = digestOf(payload);
    this.#envelope = key.sign(payload);
    this.#input = input;
    this.#pieces = pieces;
    const three = (number: number): string => String(number).padStart(3, "0");
    this.files = pieces.map((_, index) => {
      const to = resolve(of === 1 ? path : `${path}.${three(index + 1)}-of-${three(of)}`);
      return { from: join(dirname(to), `.${basename(to)}.partial`), to };
    });
  }

  /** Writes every file under its first name, and puts it on the disk. @returns their sizes. */
  write(): readonly number[] {
    const { spool, mirror } = this.#input;
    const blobs = mirror.blobBytes(spool.blobs(), isElsewhere)[Symbol.iterator]();
    try {
      return this.#writeParts(blobs);
    } finally {
      blobs.return?.();
    }
  }

  #writeParts(blobs: Iterator<Content>): readonly number[] {
    return this.files.map(({ from, to }, part) => {
      const file = new PartWriter(from, to);
      try {
        this.#begin(file, part);
        for (let left = this.#pieces[part]?.blobs ?? 0; left > 0; left--) {
          const blob = blobs.next();
          if (blob.done === true) throw corrupt(to, "a blob of the export is gone");
          this.#blob(file, ...blob.value);
          countOne("line");
        }
        file.finish();
        return file.size;
      } finally {
        file.close();
      }
    });
  }

  #begin(file: PartWriter, part: number): void {
    const { spool, entryList, blobList, coverage } = this.#input;
    const of = this.#pieces.length;
    const envelope = { digest: digestOf(this.#envelope), size: this.#envelope.length };
    const manifest = archiveManifest(this.statement, envelope, part + 1);
    const manifestDigest = digestOf(manifest);
    file.member("oci-layout", layoutMarker);
    const start = indexStart({ digest: manifestDigest, size: manifest.length });
    const index = this.#index[part] as IndexDocument;
    const size = start.length + index.size + indexEnd.length;
    file.begin("index.json", size);
    file.write(start);
    file.writeAll(spool.pieces(index));
    file.write(indexEnd);
    file.end(size);
    if (of > 1) file.member("part.json", partDocument(this.digest, part + 1, of));
    file.member(blobPath(manifestDigest), manifest);
    file.member(blobPath(envelope.digest), this.#envelope);
    if (part > 0) return;
    for (const list of [entryList, blobList])
      for (const { reference, bytes } of list.pieces()) {
        file.begin(blobPath(reference.digest), reference.size);
        file.writeAll(bytes);
        file.end(reference.size);
      }
    if (coverage !== undefined) file.member(blobPath(digestOf(coverage)), coverage);
  }

  #blob(file: PartWriter, { digest, size, at, path }: SpooledBlob, bytes: Uint8Array | undefined): void {
    file.begin(blobPath(digest), size);
    if (path !== undefined) copyFile(path, digest, size, file);
    else if (bytes !== undefined) {
      file.write(bytes);
      countGarbage(size);
    } else file.writeAll(this.#input.spool.pieces({ at: at ?? 0, size }));
    file.end(size);
  }
}

const pieceBytes = 1024 * 1024;

/** A file that has this digest and size; one that was changed meanwhile ends the export. */
function copyFile(path: string, digest: Digest, size: number, file: PartWriter): void {
  const handle = guardedFiles(path, () => openSync(path, "r"));
  try {
    const hash = createHash("sha256");
    const piece = Buffer.allocUnsafe(Math.min(pieceBytes, Math.max(size, 1)));
    for (let left = size; left > 0; ) {
      const count = guardedFiles(path, () => readSync(handle, piece, 0, Math.min(piece.length, left), null));
      if (count === 0) break;
      hash.update(piece.subarray(0, count));
      file.write(piece.subarray(0, count));
      left -= count;
    }
    if (`sha256:${hash.digest("hex")}` !== digest) throw corrupt(path, "the file does not have its digest");
  } finally {
    closeSync(handle);
  }
}
