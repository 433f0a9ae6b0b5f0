/** One file of an archive as it is written: members of a tar, through a buffer. Source: docs/spec/archive.md#layout. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { cannotWrite, systemWords } from "../system-words.ts";
import { blockBytes, encodeTarHeader, endBytes, paddingOf } from "../../core/archive/plain-tar.ts";

const bufferBytes = 1024 * 1024;
/** As many as ever come together: those at the end. */
const zeros = Buffer.alloc(endBytes);

/** @throws EngineError `invalid-usage` where the operating system cannot do it; `path` is the name that people gave. */
function writing<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw cannotWrite(path, error, (code) => {
      // A file that is written is made; only its folder can be missing.
      if (code === "ENOENT") return "there is no such folder (ENOENT)";
      return code === "EFBIG" ? `${systemWords(code)}: give a smaller --chunk-size` : systemWords(code);
    });
  }
}

export class PartWriter {
  readonly #path: string;
  readonly #handle: number;
  readonly #buffer = Buffer.allocUnsafe(bufferBytes);
  readonly #header = new Uint8Array(blockBytes);
  #filled = 0;
  /** Bytes of the file so far. */
  size = 0;

  /** `named` is what people gave as its name. */
  constructor(path: string, named: string) {
    this.#path = named;
    this.#handle = writing(named, () => openSync(path, "w", 0o644));
  }

  /** A member whose bytes are at hand. */
  member(name: string, bytes: Uint8Array): void {
    this.begin(name, bytes.length);
    this.write(bytes);
    this.end(bytes.length);
  }

  /** A member that {@link write} fills, and {@link end} ends. */
  begin(name: string, size: number): void {
    this.write(encodeTarHeader(name, size, this.#header));
  }

  end(size: number): void {
    this.#zeros(paddingOf(size));
  }

  write(bytes: Uint8Array): void {
    this.size += bytes.length;
    if (bytes.length >= bufferBytes) {
      this.#flush();
      this.#put(bytes, bytes.length);
      return;
    }
    if (this.#filled + bytes.length > bufferBytes) this.#flush();
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Pieces, each of which is valid until the next. */
  writeAll(pieces: Iterable<Uint8Array>): void {
    for (const piece of pieces) this.write(piece);
  }

  #zeros(length: number): void {
    if (length > 0) this.write(zeros.subarray(0, length));
  }

  #flush(): void {
    this.#put(this.#buffer, this.#filled);
    this.#filled = 0;
  }

  #put(bytes: Uint8Array, length: number): void {
    writing(this.#path, () => {
      for (let done = 0; done < length; ) done += writeSync(this.#handle, bytes, done, length - done);
    });
  }

  /** The end of the archive; after this everything is on the disk. */
  finish(): void {
    this.#zeros(endBytes);
    this.#flush();
    writing(this.#path, () => fsyncSync(this.#handle));
  }

  close(): void {
    closeSync(this.#handle);
  }
}
