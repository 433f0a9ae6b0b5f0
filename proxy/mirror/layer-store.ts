/**
 * Image layers beside the database, as the blobs of an OCI layout: only where they were asked for, since no decision
 * reads them. Source: docs/spec/offline.md#mirror.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";

const chunkBytes = 1024 * 1024;

export class LayerStore {
  readonly #folder: string;
  readonly #blobs: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#blobs = join(folder, "blobs", "sha256");
  }

  /** Where the layer is, or would be. Whoever reads it compares it with its digest. */
  path(digest: Digest): string {
    return join(this.#blobs, digest.slice("sha256:".length));
  }

  /** The size in bytes of a layer that is here. */
  size(digest: Digest): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  /**
   * Copies a file here; a layer appears under its name only whole, with the right digest, and on the disk.
   * @throws EngineError `malformed` when the file has another digest.
   */
  add(digest: Digest, source: string): "copied" | "exists" {
    if (this.size(digest) !== undefined) return "exists";
    this.#makeLayout();
    const fresh = `${this.path(digest)}.new`;
    const found = copyAndHash(source, fresh);
    if (found !== digest) {
      rmSync(fresh, { force: true });
      throw new EngineError("malformed", `the layer has the digest ${found}`, { subject: digest });
    }
    renameSync(fresh, this.path(digest));
    return "copied";
  }

  #makeLayout(): void {
    mkdirSync(this.#blobs, { recursive: true });
    const files: readonly (readonly [string, string])[] = [
      ["oci-layout", '{"imageLayoutVersion":"1.0.0"}'],
      ["index.json", '{"schemaVersion":2,"manifests":[]}'],
    ];
    for (const [name, text] of files)
      if (!existsSync(join(this.#folder, name))) writeFileSync(join(this.#folder, name), text);
  }
}

function copyAndHash(source: string, target: string): string {
  const hash = createHash("sha256");
  const from = openSync(source, "r");
  const to = openSync(target, "w");
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (let length = readSync(from, chunk); length > 0; length = readSync(from, chunk)) {
      hash.update(chunk.subarray(0, length));
      for (let written = 0; written < length; ) written += writeSync(to, chunk, written, length - written);
    }
    fsyncSync(to);
  } finally {
    closeSync(from);
    closeSync(to);
  }
  return `sha256:${hash.digest("hex")}`;
}
