/**
 * What an export has found so far, in files beside the mirror: memory does not grow with the archive. Names of blobs
 * are sorted there, and lists are written as they fill. Nothing here outlives the export.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BlobUse } from "../../core/archive/carried-blob.ts";
import { type ListReference, ListWriter } from "../../core/archive/list.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { corrupt, guardedFiles } from "../mirror/store-error.ts";
import { countOne } from "../young-garbage.ts";
import { LineFile, SortedLines } from "./sorted-lines.ts";
import { type Place, SpoolFile } from "./spool-file.ts";

/** A blob to carry: its bytes are here, in a file, or else in the mirror. */
export interface SpooledBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly use: BlobUse | undefined;
  /** Where its bytes are in the spool: see {@link Spool.pieces}. */
  readonly at: number | undefined;
  readonly path: string | undefined;
}

/** A blob that was found. Of one in the mirror the size is not known before all of them are. */
export interface FoundBlob {
  readonly digest: Digest;
  readonly size?: number | undefined;
  readonly use?: BlobUse;
  readonly bytes?: Uint8Array | undefined;
  readonly path?: string;
}

export interface SealOptions {
  /** The size of each of these blobs of the mirror; undefined where it is missing. */
  readonly sizes: (digests: readonly Digest[]) => readonly (number | undefined)[];
  /** Digests that the base of a delta has, in their order. */
  readonly without?: Iterable<string>;
  /** Is told every blob of the mirror, whether the base has it or not, in order. */
  readonly noted?: (digest: Digest) => void;
  /** Is told every blob that is carried, in order. */
  readonly carried?: (blob: Pick<SpooledBlob, "digest" | "size" | "use">) => void;
}

/**
 * The first of a digest counts: where a layer is also evidence, the mirror of the far side keeps it as that. A file of
 * `--bootstrap` is carried even where the base of a delta has its bytes.
 */
const uses: readonly (BlobUse | undefined)[] = [undefined, "layer", "bootstrap"];
const digestAt = "sha256:".length;
const hexLength = 64;
/** Sizes that are asked for at once. */
const sizesAtOnce = 256;

export class Spool {
  readonly #folder: string;
  readonly #limits: Limits;
  readonly #found: SortedLines;
  readonly #index: SortedLines;
  /** What is carried, once everything was found. */
  #carried: LineFile | undefined;
  readonly #bytes: SpoolFile;
  #indexBytes = 0;

  /** @throws EngineError when the folder cannot be written. */
  constructor(folder: string, limits: Limits) {
    this.#folder = folder;
    this.#limits = limits;
    guardedFiles(folder, () => {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
    });
    this.#found = new SortedLines(join(folder, "found"));
    this.#index = new SortedLines(join(folder, "index"));
    this.#bytes = new SpoolFile(join(folder, "bytes"));
  }

  add({ digest, size, use, bytes, path }: FoundBlob): void {
    const place = bytes !== undefined ? String(this.keep(bytes)) : path === undefined ? "" : JSON.stringify(path);
    this.#found.add(`${digest.slice(digestAt)}${uses.indexOf(use)}${size ?? ""} ${place}`);
  }

  /** Keeps bytes until they are written. @returns where they are. */
  keep(bytes: Uint8Array): number {
    return this.#bytes.append(bytes);
  }

  /** Bytes that are here, in pieces; each is valid until the next. */
  pieces(place: Place): Iterable<Uint8Array> {
    return this.#bytes.pieces(place);
  }

  /** A line of `index.json` that names this manifest; past the bound of an index none is added. */
  list(digest: Digest, line: string): void {
    if (this.#indexBytes + line.length > this.#limits.layoutIndexBytes - 64 * 1024) return;
    this.#indexBytes += line.length + 1;
    this.#index.add(`${digest.slice(digestAt)}${line}`);
  }

  /** After the last blob was found: sorts them, takes out what the base has, and looks up what sizes are not known. */
  seal({ sizes, without = [], noted, carried }: SealOptions): void {
    const file = new LineFile(join(this.#folder, "carried"));
    this.#carried = file;
    const based = without[Symbol.iterator]();
    let base = based.next();
    let before = "";
    let waiting: string[] = [];
    const write = () => {
      const unsized = waiting.filter(lacksSize);
      const found = sizes(unsized.map((line) => `sha256:${line.slice(0, hexLength)}` as const));
      let next = 0;
      for (const line of waiting) {
        const whole = lacksSize(line) ? withSize(line, found[next++]) : line;
        file.add(whole);
        carried?.(readBlob(whole));
        countOne("line");
      }
      waiting = [];
    };
    try {
      let seen = "";
      for (const line of this.#found.lines()) {
        const hex = line.slice(0, hexLength);
        const isBootstrap = line[hexLength] === "2";
        if (hex !== seen && !isBootstrap) noted?.(`sha256:${hex}`);
        seen = hex;
        while (base.done !== true && base.value.slice(digestAt) < hex) base = based.next();
        const isThere = base.done !== true && base.value.slice(digestAt) === hex;
        if (before === hex || (isThere && !isBootstrap)) continue;
        before = hex;
        waiting.push(line);
        if (waiting.length >= sizesAtOnce) write();
      }
      write();
    } finally {
      based.return?.();
    }
  }

  #sealed(): LineFile {
    if (this.#carried === undefined) throw new EngineError("invalid-usage", "blobs are read before all are found");
    return this.#carried;
  }

  /** All blobs, in the order of their digests. */
  *blobs(): Iterable<SpooledBlob> {
    for (const line of this.#sealed().lines()) yield readBlob(line);
  }

  /** What each blob takes, in the order of their digests: its size, and the length of what the index says of it. */
  *costs(): Iterable<{ readonly digest: Digest; readonly size: number; readonly listed: number }> {
    const lines = this.indexLines()[Symbol.iterator]();
    let next = lines.next();
    for (const { digest, size } of this.blobs()) {
      let listed = 0;
      for (; next.done !== true && next.value.digest === digest; next = lines.next())
        listed += Buffer.byteLength(next.value.line) + 1;
      yield { digest, size, listed };
    }
  }

  /** What `index.json` says of blobs that are carried, in the order of their digests. */
  *indexLines(): Iterable<{ readonly digest: Digest; readonly line: string }> {
    const carried = this.#sealed().lines()[Symbol.iterator]();
    let blob = carried.next();
    let before = "";
    for (const text of this.#index.lines()) {
      const hex = text.slice(0, hexLength);
      while (blob.done !== true && blob.value.slice(0, hexLength) < hex) blob = carried.next();
      if (blob.done === true) return;
      if (text === before || blob.value.slice(0, hexLength) !== hex) continue;
      before = text;
      yield { digest: `sha256:${hex}`, line: text.slice(hexLength) };
    }
  }

  /** A list that is kept in a file until the statement is signed. */
  spoolList(name: string): SpooledList {
    return new SpooledList(join(this.#folder, name), this.#limits);
  }

  close(): void {
    this.#found.close();
    this.#index.close();
    this.#carried?.close();
    this.#bytes.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const lacksSize = (line: string): boolean => line[hexLength + 1] === " ";

function withSize(line: string, size: number | undefined): string {
  if (size === undefined)
    throw corrupt(`sha256:${line.slice(0, hexLength)}`, "the bytes of this digest are missing from the mirror");
  return `${line.slice(0, hexLength + 1)}${size}${line.slice(hexLength + 1)}`;
}

function readBlob(line: string): SpooledBlob {
  const space = line.indexOf(" ", hexLength);
  const place = line.slice(space + 1);
  const isPath = place.startsWith('"');
  return {
    digest: `sha256:${line.slice(0, hexLength)}`,
    size: Number(line.slice(hexLength + 1, space)),
    use: uses[Number(line[hexLength])],
    at: place === "" || isPath ? undefined : Number(place),
    path: isPath ? (JSON.parse(place) as string) : undefined,
  };
}

/** A piece of a list, as it is written into the archive. */
export interface SpooledPiece {
  readonly reference: ListReference;
  readonly bytes: Iterable<Uint8Array>;
}

export class SpooledList {
  readonly #file: SpoolFile;
  readonly #writer: ListWriter;

  constructor(path: string, limits: Limits) {
    this.#file = new SpoolFile(path);
    this.#writer = new ListWriter((bytes) => void this.#file.append(bytes), limits);
  }

  add(line: string): void {
    this.#writer.add(line);
  }

  /** No line comes any more. */
  finish(): readonly ListReference[] {
    this.#writer.finish();
    return this.#writer.references;
  }

  /** Each piece, in order. */
  *pieces(): Iterable<SpooledPiece> {
    let at = 0;
    for (const reference of this.#writer.references) {
      yield { reference, bytes: this.#file.pieces({ at, size: reference.size }) };
      at += reference.size;
    }
  }

  close(): void {
    this.#file.close();
  }
}
