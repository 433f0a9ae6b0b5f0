/**
 * A signed archive, of one file or several parts, read in bounded memory: first its entries, then its blobs, each in
 * the order of the lists. Nothing is handed out before the signature is verified, and no byte that is not the signed
 * one is. Source: docs/spec/archive.md.
 */
import { createHash } from "node:crypto";
import type { CarriedBlob } from "../../core/archive/carried-blob.ts";
import { corruptArchive } from "../../core/archive/corrupt.ts";
import type { Entry } from "../../core/archive/archive-entry.ts";
import { BlobListReader, EntryReader, type ListReference } from "../../core/archive/list.ts";
import type { MirrorStatement, NamedDocument } from "../../core/archive/archive-statement.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { type Acceptance, type ArchivePart, enterBlob, openPart } from "./archive-part.ts";
import { memberBytes } from "../../core/archive/plain-tar.ts";
import type { TarCursor } from "./tar-cursor.ts";

/** A blob as it arrives, to be read before the next is asked for, or not at all. */
export interface ArrivedBlob extends CarriedBlob {
  /** Valid until the next is asked for. @throws EngineError `archive-corrupt` when they do not have the digest. */
  bytes(): Uint8Array;
  /** Each is valid until the next. @throws EngineError `archive-corrupt` after the last, as {@link bytes}. */
  pieces(): Iterable<Uint8Array>;
}

export class ArchiveReader {
  readonly statement: MirrorStatement;
  /** Digest of the statement, which names the archive. */
  readonly digest: Digest;
  readonly #parts: readonly ArchivePart[];
  readonly #limits: Limits;

  constructor(parts: readonly [ArchivePart, ...ArchivePart[]], limits: Limits) {
    const [{ statement, digest }] = parts;
    this.statement = statement;
    this.digest = digest;
    this.#parts = parts;
    this.#limits = limits;
  }

  /** The accepted key that signed it. @throws EngineError `archive-signature` where it was opened without asking. */
  get key(): PublicKey {
    const key = this.#parts[0]?.key;
    if (key === undefined)
      throw new EngineError("archive-signature", "the signature was not verified", { subject: this.#lists.name });
    return key;
  }

  get #lists(): TarCursor {
    return (this.#parts[0] as ArchivePart).cursor;
  }

  /**
   * Every entry, in order; may be read more than once, but not while {@link blobs} are.
   * @throws EngineError `archive-corrupt`, `over-limit`.
   */
  *entries(): Iterable<Entry> {
    const { kind, entryLists, totals } = this.statement;
    const reader = new EntryReader(kind, this.#limits);
    const lists = this.#lists;
    const room = roomFor(entryLists);
    let at = this.#parts[0]?.bodyAt ?? 0;
    for (const reference of entryLists) {
      const bytes = this.#member(lists, reference, at, room);
      at += memberBytes(reference.size);
      yield* reader.read(bytes, reference);
    }
    if (reader.entries !== totals.entries || reader.tombstones !== totals.tombstones)
      throw corruptArchive(
        `${reader.entries} entries and ${reader.tombstones} tombstones, the statement says ${totals.entries} and ` +
          `${totals.tombstones}`,
        lists.name,
      );
  }

  /** The coverage report, if there is one. */
  coverage(): Uint8Array | undefined {
    const { coverage } = this.statement;
    return coverage === undefined ? undefined : this.#document(coverage, this.#coverageAt());
  }

  /** A document as the statement names it, at its place. */
  #document(reference: NamedDocument, at: number): Buffer {
    const lists = this.#lists;
    if (reference.size > this.#limits.jsonBytes)
      throw new EngineError("over-limit", `a report of ${reference.size} bytes`, { subject: lists.name });
    const bytes = this.#member(lists, reference, at);
    if (digestOf(bytes) !== reference.digest) throw corruptArchive("a report does not have its digest", lists.name);
    return bytes;
  }

  #member(cursor: TarCursor, reference: NamedDocument, at: number, room?: Buffer): Buffer {
    cursor.position = at;
    enterBlob(cursor, reference);
    const { size } = reference;
    const bytes = room === undefined ? cursor.bytes(size) : cursor.into(room.subarray(0, size));
    cursor.padding(size);
    return bytes;
  }

  /** Where the lists of blobs begin. */
  #blobListsAt(): number {
    return sum(this.#parts[0]?.bodyAt ?? 0, this.statement.entryLists);
  }

  #coverageAt(): number {
    return sum(this.#blobListsAt(), this.statement.blobLists);
  }

  /** Every blob as the signed lists have it, before anything of it is read. */
  *carried(): Iterable<CarriedBlob> {
    const reader = new BlobListReader(this.#limits);
    const room = roomFor(this.statement.blobLists);
    let at = this.#blobListsAt();
    for (const reference of this.statement.blobLists) {
      // The pieces of a list are read one by one; in between, the cursor may be elsewhere.
      const bytes = this.#member(this.#lists, reference, at, room);
      at += memberBytes(reference.size);
      yield* reader.read(bytes, reference);
    }
    const { blobs, bytes } = this.statement.totals;
    if (reader.blobs !== blobs || reader.bytes !== bytes)
      throw corruptArchive(
        `${reader.blobs} blobs of ${reader.bytes} bytes, the statement says ${blobs} of ${bytes}`,
        this.#lists.name,
      );
  }

  /**
   * Every blob, in order, from all parts. What the caller does not read of one is read and compared all the same.
   * @throws EngineError `archive-corrupt`, `over-limit`.
   */
  *blobs(): Iterable<ArrivedBlob> {
    const { parts, coverage, totals } = this.statement;
    const counts = parts ?? [totals.blobs];
    const places = this.#parts.map(({ bodyAt }) => bodyAt);
    places[0] = this.#coverageAt() + (coverage === undefined ? 0 : memberBytes(coverage.size));
    if (coverage !== undefined) this.#document(coverage, this.#coverageAt());
    let part = 0;
    let left = counts[0] ?? 0;
    for (const blob of this.carried()) {
      while (left === 0) {
        // The first has the lists, which are read on.
        if (part > 0) this.#parts[part]?.cursor.rest();
        part += 1;
        left = counts[part] ?? 0;
        // The numbers of the parts have the sum of all blobs.
        if (part >= counts.length) throw corruptArchive("a blob that is in no part", this.#lists.name);
      }
      left -= 1;
      const { cursor } = this.#parts[part] as ArchivePart;
      cursor.position = places[part] as number;
      enterBlob(cursor, blob);
      const content = new BlobContent(cursor, blob);
      yield content;
      content.finish();
      cursor.padding(blob.size);
      places[part] = cursor.position;
    }
    for (const [index, { cursor }] of this.#parts.entries()) {
      cursor.position = places[index] as number;
      cursor.end();
      cursor.rest();
    }
  }

  close(): void {
    for (const { cursor } of this.#parts) cursor.close();
  }
}

/**
 * Room for each piece of a list in turn. One of its own outlives the young objects that are made of it, and stays until
 * V8 collects everything: memory would grow with the lists.
 */
const roomFor = (lists: readonly ListReference[]): Buffer =>
  Buffer.allocUnsafe(lists.reduce((most, { size }) => Math.max(most, size), 0));

const sum = (start: number, lists: readonly ListReference[]): number =>
  lists.reduce((at, { size }) => at + memberBytes(size), start);

class BlobContent implements ArrivedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly use?: "layer" | "bootstrap";
  readonly #cursor: TarCursor;
  readonly #at: number;
  #isChecked = false;

  constructor(cursor: TarCursor, { digest, size, use }: CarriedBlob) {
    this.digest = digest;
    this.size = size;
    if (use !== undefined) this.use = use;
    this.#cursor = cursor;
    this.#at = cursor.position;
  }

  #check(found: string): void {
    if (found !== this.digest)
      throw corruptArchive(`a blob has the digest ${found}, not ${this.digest}`, this.#cursor.name);
    this.#isChecked = true;
  }

  bytes(): Uint8Array {
    this.#cursor.position = this.#at;
    const bytes = this.#cursor.view(this.size);
    this.#check(digestOf(bytes));
    return bytes;
  }

  *pieces(): Iterable<Uint8Array> {
    this.#cursor.position = this.#at;
    const hash = createHash("sha256");
    for (const piece of this.#cursor.pieces(this.size)) {
      hash.update(piece);
      yield piece;
    }
    this.#check(`sha256:${hash.digest("hex")}`);
  }

  /** Reads what nobody read, and goes to the end. */
  finish(): void {
    if (!this.#isChecked) for (const _piece of this.pieces());
    this.#cursor.position = this.#at + this.size;
  }
}

/**
 * Opens all parts of one archive, in whatever order they are named.
 * @throws EngineError `archive-corrupt`, `archive-signature`, `over-limit`; `archive-incomplete` when a part is
 * missing, comes twice or is of another archive; `invalid-usage` when a file is something else.
 */
export function openArchive(paths: readonly string[], acceptance: Acceptance): ArchiveReader {
  const parts: ArchivePart[] = [];
  try {
    for (const path of paths) parts.push(openPart(path, acceptance));
    const [first] = parts;
    if (first === undefined) throw new EngineError("invalid-usage", "no archive was named");
    return new ArchiveReader(inOrder(first, parts), acceptance.limits);
  } catch (error) {
    for (const { cursor } of parts) cursor.close();
    throw error;
  }
}

/** Files that are parts of one archive, and its number. */
export interface PartsOfOne {
  readonly files: string[];
  readonly sequence: number;
}

/** Which files are parts of one archive; archives in the order in which a part of each is first named. */
export function groupParts(files: readonly string[], acceptance: Acceptance): readonly PartsOfOne[] {
  const groups = new Map<string, PartsOfOne>();
  for (const file of files) {
    const { cursor, digest, statement } = openPart(file, acceptance);
    cursor.close();
    const group = groups.get(digest) ?? { files: [], sequence: statement.sequence };
    groups.set(digest, group);
    group.files.push(file);
  }
  return [...groups.values()];
}

/** Parts of one archive at their places; each of those that are missing is undefined. */
export function placeParts(parts: readonly [ArchivePart, ...ArchivePart[]]): readonly (ArchivePart | undefined)[] {
  const [{ digest, statement, cursor }] = parts;
  const placed = Array.from<ArchivePart | undefined>({ length: statement.parts?.length ?? 1 });
  for (const part of parts) {
    const incomplete = (why: string) => new EngineError("archive-incomplete", why, { subject: part.cursor.name });
    if (part.digest !== digest)
      throw incomplete(
        `of archive ${part.statement.sequence}, made ${part.statement.created}; ${cursor.name} is of archive ` +
          `${statement.sequence}, made ${statement.created}`,
      );
    const other = placed[part.part - 1];
    if (other !== undefined)
      throw new EngineError("archive-incomplete", twice(part, placed.length, other.cursor.name), {
        subject: part.cursor.name,
        remedy: "part-twice",
      });
    placed[part.part - 1] = part;
  }
  return placed;
}

const twice = ({ part, statement }: ArchivePart, parts: number, other: string): string =>
  `${parts === 1 ? `archive ${statement.sequence} is named` : `part ${part} comes`} twice; the other is ${other}`;

function inOrder(first: ArchivePart, parts: readonly ArchivePart[]): readonly [ArchivePart, ...ArchivePart[]] {
  const placed = placeParts([first, ...parts.slice(1)]);
  const missing = placed.flatMap((part, index) => (part === undefined ? [index + 1] : []));
  if (missing.length > 0)
    throw new EngineError(
      "archive-incomplete",
      `part ${missing.slice(0, 10).join(", ")} of ${placed.length} is missing: name all parts of archive ` +
        `${first.statement.sequence}`,
      { subject: first.cursor.name },
    );
  return placed as unknown as readonly [ArchivePart, ...ArchivePart[]];
}
