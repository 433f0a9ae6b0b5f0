/**
 * Image layers beside the database, stored like the blobs of an OCI layout. Only if they were asked for, since no
 * decision reads them. Source: docs/spec/offline.md#mirror.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import { makeFolder } from "../make-folder.ts";

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
    this.#makeLayout();
    const fresh = `${this.path(digest)}.new`;
    try {
      const found = writeAndHash(fresh, copy);
      if (found === undefined) return false;
      if (found !== digest)
        throw new EngineError("malformed", `the layer has the digest ${found}`, { subject: digest });
      renameSync(fresh, this.path(digest));
      return true;
    } finally {
      rmSync(fresh, { force: true });
    }
  }

  #makeLayout(): void {
    makeFolder(this.#blobs);
    const files: readonly (readonly [string, string])[] = [
      ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
      ["index.json", '{"schemaVersion":2,"manifests":[]}'],
    ];
    for (const [name, text] of files)
      if (!existsSync(join(this.#folder, name))) writeFileSync(join(this.#folder, name), text);
  }
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
