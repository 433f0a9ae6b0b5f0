/**
 * Zstandard, as Hauler and Zarf compress with it. Node 20 has none of its own. Frames are walked here, so that the
 * memory of one is known before it is taken, and never more than one block is unpacked at a time. Source: RFC 8878.
 */
import { fstatSync } from "node:fs";
import { Decompress } from "fzstd";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { readAt } from "./layout-source.ts";

const frameMagic = 0xfd2fb528;
const isSkippable = (magic: number): boolean => magic >>> 4 === 0x184d2a5;

/** By the first two bits of a frame's descriptor, and by its last two. */
const sizeBytes = [0, 2, 4, 8] as const;
const dictionaryBytes = [0, 1, 2, 4] as const;

const damaged = (subject: string, cause?: unknown): EngineError =>
  new EngineError("archive-corrupt", "the archive does not decompress", { subject, cause });

class Frames {
  readonly #path: string;
  readonly #handle: number;
  readonly #limits: Limits;

  constructor(path: string, handle: number, limits: Limits) {
    this.#path = path;
    this.#handle = handle;
    this.#limits = limits;
  }

  #bytes(at: number, count: number): Buffer {
    const found = readAt(this.#handle, count, at);
    if (found.length < count) throw damaged(this.#path);
    return found;
  }

  *unpack(): Generator<Uint8Array, void> {
    const { size: total } = fstatSync(this.#handle);
    for (let at = 0; at < total; ) {
      const magic = this.#bytes(at, 4).readUInt32LE(0);
      if (isSkippable(magic)) at += 8 + this.#bytes(at + 4, 4).readUInt32LE(0);
      else if (magic === frameMagic) at = yield* this.#frame(at);
      else throw damaged(this.#path);
    }
  }

  /** Gives what a frame holds, and returns where it ends. */
  *#frame(start: number): Generator<Uint8Array, number> {
    const descriptor = this.#bytes(start + 4, 1)[0] ?? 0;
    const isSingle = (descriptor & 0x20) !== 0;
    const length = descriptor >> 6 === 0 && isSingle ? 1 : (sizeBytes[descriptor >> 6] ?? 0);
    const sizeAt = start + 5 + (isSingle ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0);
    this.#requireWindow(
      isSingle ? contentSize(this.#bytes(sizeAt, length)) : windowSize(this.#bytes(start + 5, 1)[0] ?? 0),
    );
    const pieces: Uint8Array[] = [];
    const decompress = new Decompress((piece) => void pieces.push(piece));
    let at = sizeAt + length;
    this.#push(decompress, this.#bytes(start, at - start));
    for (let isLast = false; !isLast; ) {
      const header = this.#bytes(at, 3).readUIntLE(0, 3);
      isLast = (header & 1) !== 0;
      // A run of one byte is stored as that byte.
      const size = 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
      this.#push(decompress, this.#bytes(at, size));
      at += size;
      yield* pieces.splice(0);
    }
    const checksum = (descriptor & 4) === 0 ? 0 : 4;
    this.#push(decompress, this.#bytes(at, checksum), true);
    yield* pieces;
    return at + checksum;
  }

  #requireWindow(window: number): void {
    if (window > this.#limits.zstdWindowBytes)
      throw new EngineError("over-limit", `to unpack it takes ${window} bytes of memory: unpack it with zstd -d`, {
        subject: this.#path,
        remedy: "archive",
      });
  }

  #push(decompress: Decompress, bytes: Uint8Array, isLast = false): void {
    try {
      decompress.push(bytes, isLast);
    } catch (error) {
      throw damaged(this.#path, error);
    }
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0));
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0);
}

/**
 * What an open file holds, in pieces.
 * @throws EngineError `over-limit` when a frame needs a larger window than `zstdWindowBytes`, `archive-corrupt` when
 * the file is cut short or holds anything else.
 */
export const unzstd = (path: string, handle: number, limits: Limits): Generator<Uint8Array, void> =>
  new Frames(path, handle, limits).unpack();
