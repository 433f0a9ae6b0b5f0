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

/** Cuts lines into pieces of at most `archiveListBytes`, and hands on each piece when it is full. */
export class ListWriter {
  readonly references: ListReference[] = [];
  readonly #most: number;
  readonly #put: (bytes: Uint8Array) => void;
  #text = "";
  #lines = 0;
  #bytes = 0;

  constructor(put: (bytes: Uint8Array) => void, limits: Limits) {
    this.#put = put;
    this.#most = limits.archiveListBytes;
  }

  /** @throws EngineError `over-limit` for a line that no list can hold. */
  add(line: string): void {
    const length = (beyondAscii.test(line) ? encodeUtf8(line).length : line.length) + 1;
    if (length > this.#most)
      throw new EngineError("over-limit", `a line of ${length} bytes, a list has at most ${this.#most}`);
    if (this.#bytes + length > this.#most) this.finish();
    this.#text += `${line}\n`;
    this.#lines += 1;
    this.#bytes += length;
  }

  /** Hands on what is left. */
  finish(): void {
    if (this.#lines === 0) return;
    const bytes = encodeUtf8(this.#text);
    this.references.push({ digest: digestOf(bytes), size: bytes.length, lines: this.#lines });
    this.#put(bytes);
    this.#text = "";
    this.#lines = 0;
    this.#bytes = 0;
  }
}

const beyondAscii = /[^ -~]/;

/** The lines of a piece, which is what its reference says. */
function linesOf(bytes: Uint8Array, { digest, size, lines }: ListReference): readonly string[] {
  if (bytes.length !== size || digestOf(bytes) !== digest)
    throw corruptArchive("a list does not have its digest", digest);
  const text = readingArchive(digest, () => decodeUtf8(bytes));
  if (!text.endsWith("\n")) throw corruptArchive("a list whose last line is cut", digest);
  const found = text.slice(0, -1).split("\n");
  if (found.length !== lines)
    throw corruptArchive(`a list of ${found.length} lines, the statement says ${lines}`, digest);
  return found;
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
    for (const [index, line] of linesOf(bytes, reference).entries()) {
      const where = `${reference.digest} line ${index + 1}`;
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
    for (const [index, line] of linesOf(bytes, reference).entries()) {
      const where = `${reference.digest} line ${index + 1}`;
      const blob = readingArchive(where, () => parseCarriedBlob(line, this.#limits));
      if (compareText(this.#last, blob.digest) >= 0) throw corruptArchive("blobs that are not in order", where);
      this.#last = blob.digest;
      this.blobs += 1;
      this.bytes += blob.size;
      yield blob;
    }
  }
}
