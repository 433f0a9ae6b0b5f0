/** A file that is read from the front, in large pieces, with what the reader wants next. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { corruptArchive } from "../../core/archive/corrupt.ts";
import { EngineError } from "../../core/errors.ts";
import {
  blockBytes,
  decodeTarHeader,
  encodeTarHeader,
  endBytes,
  paddingOf,
  type TarMember,
} from "../../core/archive/plain-tar.ts";

const windowBytes = 1024 * 1024;
/** A pipe that nobody writes would be waited for. Windows has no such flag. */
const withoutWaiting = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
/** As many as are ever expected together: those at the end. */
const zeros = Buffer.alloc(endBytes);

export class TarCursor {
  readonly name: string;
  readonly size: number;
  /** Both only while it is read: an archive has up to a thousand parts. */
  #handle: number | undefined;
  #window: Buffer | undefined;
  readonly #header = new Uint8Array(blockBytes);
  /** Where the window begins in the file, and how much of it is filled. */
  #at = 0;
  #filled = 0;
  /** Where the next byte is. */
  position = 0;

  /** @throws EngineError `invalid-usage` when the file cannot be opened. */
  constructor(path: string) {
    this.name = path;
    const { handle, size } = openRegular(path);
    this.#handle = handle;
    this.size = size;
  }

  /** Until the next read it needs neither a handle nor memory. What is read then is compared as ever. */
  rest(): void {
    this.close();
    this.#window = undefined;
    this.#filled = 0;
  }

  #opened(): number {
    this.#handle ??= openRegular(this.name).handle;
    return this.#handle;
  }

  /** The next `length` bytes, at most a window's: valid until the next call. @throws EngineError `archive-corrupt` */
  take(length: number): Buffer {
    const within = this.position - this.#at;
    if (within < 0 || within + length > this.#filled) this.#fill(length);
    const start = this.position - this.#at;
    this.position += length;
    return (this.#window as Buffer).subarray(start, start + length);
  }

  #fill(length: number): void {
    this.#window ??= Buffer.allocUnsafe(windowBytes);
    const offset = this.position - this.#at;
    const kept = offset >= 0 && offset < this.#filled ? this.#filled - offset : 0;
    if (kept > 0) this.#window.copyWithin(0, offset, this.#filled);
    this.#at = this.position;
    this.#filled = kept;
    while (this.#filled < length) {
      const count = this.#read(this.#window);
      if (count === 0) throw corruptArchive(`the file is cut short, at byte ${this.size}`, this.name);
      this.#filled += count;
    }
  }

  #read(window: Buffer): number {
    const handle = this.#opened();
    try {
      return readSync(handle, window, this.#filled, windowBytes - this.#filled, this.#at + this.#filled);
    } catch (error) {
      throw unreadable(this.name, error);
    }
  }

  /** The next `length` bytes in pieces; each is valid until the next. */
  *pieces(length: number): Iterable<Buffer> {
    for (let left = length; left > 0; ) {
      const count = Math.min(left, windowBytes / 2);
      yield this.take(count);
      left -= count;
    }
  }

  /** The next `length` bytes: where they fit into the window, valid until the next call. */
  view(length: number): Buffer {
    return length <= windowBytes / 2 ? this.take(length) : this.bytes(length);
  }

  /** The next `length` bytes, of their own. */
  bytes(length: number): Buffer {
    if (length <= windowBytes / 2) return Buffer.from(this.take(length));
    if (this.position + length > this.size)
      throw corruptArchive(`the file is cut short, at byte ${this.size}`, this.name);
    return this.into(Buffer.allocUnsafe(length));
  }

  /** Fills a buffer with the next bytes: who reads much gives the same one again. */
  into(all: Buffer): Buffer {
    let filled = 0;
    for (const piece of this.pieces(all.length)) filled += piece.copy(all, filled);
    return all;
  }

  /** Whether the next header is that of this member; if not, it is still the next one. */
  skipHeader(name: string, size: number): boolean {
    const at = this.position;
    if (this.take(blockBytes).equals(encodeTarHeader(name, size, this.#header))) return true;
    this.position = at;
    return false;
  }

  header(): TarMember {
    return decodeTarHeader(this.take(blockBytes), this.name);
  }

  /** The zeros behind a member. */
  padding(size: number): void {
    this.#zeros(paddingOf(size));
  }

  /** The end of the file, and nothing behind it. */
  end(): void {
    this.#zeros(2 * blockBytes);
    if (this.position !== this.size)
      throw corruptArchive(`${this.size - this.position} bytes after the end of the archive`, this.name);
  }

  #zeros(length: number): void {
    if (length > 0 && this.take(length).compare(zeros, 0, length) !== 0)
      throw corruptArchive("bytes where an archive has only zeros", this.name);
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}

/** @throws EngineError `invalid-usage` when it cannot be opened, or never ends. */
function openRegular(path: string): { readonly handle: number; readonly size: number } {
  let handle: number;
  try {
    handle = openSync(path, withoutWaiting);
  } catch (error) {
    throw unreadable(path, error);
  }
  const stat = fstatSync(handle);
  if (stat.isFile()) return { handle, size: stat.size };
  closeSync(handle);
  throw new EngineError("invalid-usage", "not a regular file", { subject: path, remedy: "path" });
}

function unreadable(path: string, error: unknown): EngineError {
  const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (reason === "ENOENT")
    return new EngineError("invalid-usage", "there is no such file or folder", { subject: path, remedy: "path" });
  return new EngineError("invalid-usage", `the file cannot be read (${reason})`, {
    subject: path,
    cause: error,
    remedy: "path",
  });
}
