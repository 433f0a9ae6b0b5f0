/**
 * Image layers beside the database, stored like the blobs of an OCI layout. Only if they were asked for, since no
 * decision reads them. Source: docs/spec/offline.md#mirror.
 */
import { createHash, type Hash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  type Dir,
  existsSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  opendirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { makeFolder } from "../make-folder.ts";
import { replaceFile, syncPath } from "../synced.ts";
import { corrupt, guardedFiles } from "./store-error.ts";
import { systemCode } from "../system-words.ts";

export class LayerStore {
  readonly #folder: string;
  readonly #blobs: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#blobs = join(folder, "blobs", "sha256");
  }

  /** The layer's path, whether it exists or not. The reader compares it with its digest. */
  path(digest: Digest): string {
    return join(this.#blobs, digest.slice("sha256:".length));
  }

  /** The names of the files of layers, in no order; those that were never finished are left out. */
  *names(): Iterable<string> {
    for (const name of this.#all()) if (!name.endsWith(".new")) yield name;
  }

  *#all(): Iterable<string> {
    const folder = openFolder(this.#blobs);
    if (folder === undefined) return;
    try {
      for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) yield entry.name;
    } finally {
      folder.closeSync();
    }
  }

  /** The path of a file that {@link names} gave. */
  file(name: string): string {
    return join(this.#blobs, name);
  }

  /** @throws EngineError `mirror-corrupt` when a file's bytes do not have the digest that is its name. */
  check(name: string): void {
    const path = this.file(name);
    if (!lstatSync(path).isFile()) throw corrupt(path, "no regular file in place of a layer");
    const found = hashFile(path);
    if (found !== name) throw corrupt(path, "the layer's bytes do not have the digest that is its name");
  }

  /** The size in bytes of a stored layer. */
  size(digest: Digest): number | undefined {
    const found = statSync(this.path(digest), { throwIfNoEntry: false });
    return found?.isFile() === true ? found.size : undefined;
  }

  /**
   * Brings a layer here, whose bytes `copy` gives in pieces; it appears under its name only whole, with the right
   * digest, and on the disk. False when `copy` says that there is none.
   * @throws EngineError `malformed` when the bytes have another digest, and as `copy`.
   */
  add(digest: Digest, copy: (take: (piece: Uint8Array) => void) => boolean): boolean {
    if (this.size(digest) !== undefined) return true;
    return guardedFiles(this.#folder, () => this.#add(digest, copy));
  }

  #add(digest: Digest, copy: (take: (piece: Uint8Array) => void) => boolean): boolean {
    this.#makeLayout();
    const fresh = unfinished(this.path(digest));
    try {
      const found = writeAndHash(fresh, copy);
      if (found === undefined) return false;
      if (found !== digest)
        throw new EngineError("malformed", `the layer has the digest ${found}`, { subject: digest });
      renameSync(fresh, this.path(digest));
      // The name is on the disk when its folder is.
      syncPath(this.#blobs);
      return true;
    } finally {
      rmSync(fresh, { force: true });
    }
  }

  /** How much of a layer is here that was stopped while it came: what {@link addStream} may go on from. */
  partial(digest: Digest): number {
    const found = lstatSync(unfinished(this.path(digest)), { throwIfNoEntry: false });
    return found?.isFile() === true ? found.size : 0;
  }

  /** The names of the files of layers that were never finished. */
  *partials(): Iterable<string> {
    for (const name of this.#all()) if (name.endsWith(".new")) yield name;
  }

  /**
   * Brings a layer here as it comes, or its rest after the first `from` bytes, which are here; it appears under its
   * name only whole, with its size and digest from the first byte on, and on the disk. What came before `source` broke
   * off stays, and nothing of what is wrong.
   * @throws EngineError `upstream-error` for another size or digest, `mirror-busy` where the disk does not take it;
   * and what `source` throws.
   */
  async addStream(digest: Digest, size: number, source: AsyncIterable<Uint8Array>, from = 0): Promise<void> {
    this.#makeLayout();
    const fresh = unfinished(this.path(digest));
    let isBroken = false;
    const broken = (): void => {
      isBroken = true;
    };
    try {
      const file = onDisk(fresh, () => openSync(fresh, from === 0 ? "w" : "r+"));
      try {
        const hash = createHash("sha256");
        await hashStart(fresh, from, hash);
        onDisk(fresh, () => ftruncateSync(file, from));
        let written = from;
        for await (const piece of toldWhenBroken(source, broken)) {
          if (written + piece.length > size) throw notStated(digest, size);
          hash.update(piece);
          onDisk(fresh, () => {
            for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at, piece.length - at, written + at);
          });
          written += piece.length;
        }
        if (written !== size) throw notStated(digest, size);
        const found = `sha256:${hash.digest("hex")}`;
        if (found !== digest)
          throw new EngineError("upstream-error", `the layer has another digest: ${found}`, { subject: digest });
        onDisk(fresh, () => fsyncSync(file));
      } finally {
        closeSync(file);
      }
      renameSync(fresh, this.path(digest));
    } finally {
      if (!isBroken) rmSync(fresh, { force: true });
    }
  }

  #makeLayout(): void {
    makeFolder(this.#blobs);
    const files: readonly (readonly [string, string])[] = [
      ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
      ["index.json", '{"schemaVersion":2,"manifests":[]}'],
    ];
    // A file that a power cut leaves empty would stay so.
    for (const [name, text] of files)
      if (!existsSync(join(this.#folder, name))) replaceFile(join(this.#folder, name), text);
  }
}

const unfinished = (path: string): string => `${path}.new`;

const notStated = (digest: Digest, size: number): EngineError =>
  new EngineError("upstream-error", `not the ${size} bytes that were stated`, { subject: digest });

async function* toldWhenBroken<T>(source: AsyncIterable<T>, broken: () => void): AsyncIterable<T> {
  try {
    yield* source;
  } catch (error) {
    broken();
    throw error;
  }
}

/** The first bytes of a file: what was written before a power cut may not be what came. */
async function hashStart(path: string, length: number, hash: Hash): Promise<void> {
  if (length === 0) return;
  for await (const piece of createReadStream(path, { end: length - 1 })) hash.update(piece as Buffer);
}

/** @throws EngineError `mirror-busy` where the disk is full or fails. */
function onDisk<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw new EngineError("mirror-busy", `the layer cannot be written (${code})`, {
      subject: path,
      cause: error,
      remedy: "disk",
    });
  }
}

function openFolder(path: string): Dir | undefined {
  try {
    return opendirSync(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw corrupt(path, `the folder of layers cannot be read (${systemCode(error)})`, error);
  }
}

const pieceBytes = 1024 * 1024;

/** In pieces: a layer may be larger than memory. */
function hashFile(path: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.alloc(pieceBytes);
  try {
    const from = openSync(path, "r");
    try {
      for (let length = readSync(from, piece); length > 0; length = readSync(from, piece))
        hash.update(piece.subarray(0, length));
    } finally {
      closeSync(from);
    }
  } catch (error) {
    throw corrupt(path, `the layer cannot be read (${systemCode(error)})`, error);
  }
  return hash.digest("hex");
}

function writeAndHash(target: string, copy: (take: (piece: Uint8Array) => void) => boolean): string | undefined {
  const hash = createHash("sha256");
  const to = openSync(target, "w");
  try {
    const found = copy((piece) => {
      hash.update(piece);
      for (let written = 0; written < piece.length; ) written += writeSync(to, piece, written, piece.length - written);
    });
    if (!found) return undefined;
    fsyncSync(to);
  } finally {
    closeSync(to);
  }
  return `sha256:${hash.digest("hex")}`;
}
