/**
 * Lists of an archive: lines in order, cut into pieces of bounded size, each of which the statement names by digest.
 * Source: docs/spec/archive.md#lists.
 */
import { type Digest, digestOf } from "../crypto/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type CarriedBlob, parseCarriedBlob } from "./carried-blob.ts";
import { corruptArchive, readingArchive } from "./corrupt.ts";
import type { StatementKind } from "./names.ts";
import { contentRow, type Entry, isTombstone, parseEntry } from "./archive-entry.ts";
import { compareRows, compareText, type ContentRow } from "./order.ts";

/** A piece of a list, as the statement names it. */
export interface ListReference {
  readonly digest: Digest;
  readonly size: number;
  readonly lines: number;
}

const textLength = 16 * 1024;

/**
 * Cuts lines into pieces of at most `archiveListBytes`, and hands on each piece when it is full: its bytes are valid
 * until the next line.
 */
export class ListWriter {
  readonly references: ListReference[] = [];
  readonly #most: number;
  readonly #cutAt: number;
  readonly #put: (bytes: Uint8Array) => void;
  /** What is long kept as strings becomes old for the garbage collector, and memory grows. */
  readonly #piece: Uint8Array;
  #filled = 0;
  #text = "";
  #lines = 0;

  /** `cutAt`: a piece has more bytes only where one line does. */
  constructor(put: (bytes: Uint8Array) => void, limits: Limits, cutAt = limits.archiveListBytes) {
    this.#put = put;
    this.#most = limits.archiveListBytes;
    this.#cutAt = Math.min(cutAt, this.#most);
    this.#piece = new Uint8Array(this.#most);
  }

  /** @throws EngineError `over-limit` for a line that no list can hold. */
  add(line: string): void {
    // Three bytes is the most that one unit of UTF-16 takes: how many it does is counted where they may not fit.
    if (this.#filled + (this.#text.length + line.length + 1) * 3 > this.#cutAt) this.#makeRoom(line);
    this.#text += `${line}\n`;
    this.#lines += 1;
    if (this.#text.length >= textLength) this.#encode();
  }

  #makeRoom(line: string): void {
    const length = encodeUtf8(line).length + 1;
    if (length > this.#most)
      throw new EngineError("over-limit", `a line of ${length} bytes, a list has at most ${this.#most}`);
    this.#encode();
    if (this.#filled + length > this.#cutAt) this.finish();
  }

  #encode(): void {
    const bytes = encodeUtf8(this.#text);
    this.#piece.set(bytes, this.#filled);
    this.#filled += bytes.length;
    this.#text = "";
  }

  /** Hands on what is left. */
  finish(): void {
    if (this.#lines === 0) return;
    this.#encode();
    const bytes = this.#piece.subarray(0, this.#filled);
    this.#filled = 0;
    this.references.push({ digest: digestOf(bytes), size: bytes.length, lines: this.#lines });
    this.#put(bytes);
    this.#lines = 0;
  }
}

const lineFeed = 0x0a;

/**
 * The lines of a piece, which is what its reference says. Some are decoded at a time: a text of a whole piece is old
 * for the garbage collector as soon as it is made.
 */
function* linesOf(bytes: Uint8Array, { digest, size, lines }: ListReference): Iterable<string> {
  if (bytes.length !== size || digestOf(bytes) !== digest)
    throw corruptArchive("a list does not have its digest", digest);
  if (bytes[bytes.length - 1] !== lineFeed) throw corruptArchive("a list whose last line is cut", digest);
  let found = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) found += 1;
  if (found !== lines) throw corruptArchive(`a list of ${found} lines, the statement says ${lines}`, digest);
  for (let from = 0; from < bytes.length; ) {
    const near = bytes.lastIndexOf(lineFeed, from + textLength);
    const end = near >= from ? near : bytes.indexOf(lineFeed, from + textLength);
    const start = from;
    const text = readingArchive(digest, () => decodeUtf8(bytes.subarray(start, end)));
    yield* text.split("\n");
    from = end + 1;
  }
}

/** A capsule has answers alone, each whole in itself; other archives refer to what else is there. */
function fitsCapsule(entry: Entry, isCapsule: boolean): boolean {
  if (isTombstone(entry)) return !isCapsule;
  if (!("state" in entry)) return !isCapsule;
  if (entry.state === "absent") return isCapsule || entry.claim === undefined;
  return entry.kind !== "trusted-root" || isCapsule === (entry.target === undefined);
}

/** Reads the entry lists of one archive, piece by piece in their order. */
export class EntryReader {
  readonly #limits: Limits;
  readonly #kind: StatementKind;
  #last: ContentRow | undefined;
  entries = 0;
  tombstones = 0;

  constructor(kind: StatementKind, limits: Limits) {
    this.#kind = kind;
    this.#limits = limits;
  }

  /**
   * The entries of a piece. Over all pieces they are in order, and no row comes twice.
   * @throws EngineError `archive-corrupt`, `over-limit`.
   */
  *read(bytes: Uint8Array, reference: ListReference): Iterable<Entry> {
    let number = 0;
    for (const line of linesOf(bytes, reference)) {
      number += 1;
      const where = `${reference.digest} line ${number}`;
      const entry = readingArchive(where, () => parseEntry(line, this.#limits));
      const row = contentRow(entry);
      if (this.#last !== undefined && compareRows(this.#last, row) >= 0)
        throw corruptArchive("entries that are not in order", where);
      // One of a key: what is written does not depend on the order. The distrust list may have several.
      if (this.#last?.kind === row.kind && this.#last.key === row.key && row.kind !== "distrust")
        throw corruptArchive("two entries of one key", where);
      if (!fitsCapsule(entry, this.#kind === "capsule"))
        throw corruptArchive(`an entry that no archive of kind ${this.#kind} has`, where);
      if (isTombstone(entry)) {
        if (this.#kind !== "delta") throw corruptArchive("a tombstone in an archive that is no delta", where);
        this.tombstones += 1;
      } else this.entries += 1;
      this.#last = row;
      yield entry;
    }
  }
}

/** Reads the blob lists of one archive, piece by piece in their order. */
export class BlobListReader {
  readonly #limits: Limits;
  #last = "";
  blobs = 0;
  bytes = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** @throws EngineError `archive-corrupt`, `over-limit`. */
  *read(bytes: Uint8Array, reference: ListReference): Iterable<CarriedBlob> {
    let number = 0;
    for (const line of linesOf(bytes, reference)) {
      number += 1;
      const where = `${reference.digest} line ${number}`;
      const blob = readingArchive(where, () => parseCarriedBlob(line, this.#limits));
      if (compareText(this.#last, blob.digest) >= 0) throw corruptArchive("blobs that are not in order", where);
      this.#last = blob.digest;
      this.blobs += 1;
      this.bytes += blob.size;
      yield blob;
    }
  }
}
