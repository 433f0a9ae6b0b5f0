/**
 * Bytes that wait in a file until an export needs them, each at its place. They are read back through one window: a
 * buffer for each would stay until V8 collects garbage, and the longer the archive, the more of them there are.
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { corrupt, guardedFiles } from "../mirror/store-error.ts";

/** Where bytes are in a file, and how many. */
export interface Place {
  readonly at: number;
  readonly size: number;
}

const windowBytes = 256 * 1024;

export class SpoolFile {
  readonly #path: string;
  #handle: number | undefined;
  #window: Buffer | undefined;
  /** Bytes so far. */
  size = 0;

  /** It is made when the first bytes come. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Adds bytes at the end. @returns where they begin. */
  append(bytes: Uint8Array): number {
    const at = this.size;
    guardedFiles(this.#path, () => {
      this.#handle ??= openSync(this.#path, "w+");
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#handle, bytes, done, bytes.length - done, at + done);
    });
    this.size += bytes.length;
    return at;
  }

  /** The bytes of a place in pieces, each valid until the next. @throws EngineError `mirror-corrupt` */
  *pieces({ at, size }: Place): Iterable<Uint8Array> {
    this.#window ??= Buffer.allocUnsafe(windowBytes);
    const window = this.#window;
    for (let done = 0; done < size; ) {
      const most = Math.min(windowBytes, size - done);
      const count = guardedFiles(this.#path, () =>
        this.#handle === undefined ? 0 : readSync(this.#handle, window, 0, most, at + done),
      );
      if (count === 0) throw corrupt(this.#path, "a file of the export was cut off");
      done += count;
      yield window.subarray(0, count);
    }
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
