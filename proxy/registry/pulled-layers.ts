/**
 * Layers that were pulled through, kept up to a size; those that nobody asked for longest go first. They have a folder
 * of their own, so that layers which a sync stored on purpose are never removed to make room. Source:
 * docs/spec/offline.md#registry-proxy.
 */
import { createHash, randomUUID } from "node:crypto";
import { readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { LayerStore } from "../mirror/layer-store.ts";
import { makeFolder } from "../make-folder.ts";

export interface PulledLayersOptions {
  /** The mirror's folder. */
  readonly folder: string;
  /** Of all layers together. */
  readonly maxBytes: number;
  /** What is there is served, and nothing is changed: another process may be the one that keeps layers here. */
  readonly isReadOnly?: boolean;
}

interface Kept {
  readonly bytes: number;
}

/** Marks what this process is writing: a configuration that is read again must not remove it. */
const writing = `.${randomUUID()}.part`;

export class PulledLayers {
  readonly #store: LayerStore;
  readonly #maxBytes: number;
  readonly #isReadOnly: boolean;
  /** Damaged ones that this process may not remove. */
  readonly #damaged = new Set<Digest>();
  /** In the order of their last use. */
  readonly #kept = new Map<Digest, Kept>();
  #bytes = 0;
  #begun = 0;

  /** Reads what is there; what was being written when a process ended is removed. */
  constructor({ folder, maxBytes, isReadOnly = false }: PulledLayersOptions) {
    this.#store = new LayerStore(join(folder, "pulled"));
    this.#maxBytes = maxBytes;
    this.#isReadOnly = isReadOnly;
    if (isReadOnly) return;
    const blobs = join(folder, "pulled", "blobs", "sha256");
    makeFolder(blobs);
    const found: (readonly [number, Digest, number])[] = [];
    for (const name of readdirSync(blobs)) {
      const path = join(blobs, name);
      if (name.endsWith(".part") && !name.endsWith(writing)) rmSync(path, { force: true });
      const digest = `sha256:${name}`;
      const stat = isDigest(digest) ? statSync(path, { throwIfNoEntry: false }) : undefined;
      if (isDigest(digest) && stat?.isFile() === true) found.push([stat.mtimeMs, digest, stat.size]);
    }
    found.sort(([one], [other]) => one - other);
    for (const [, digest, bytes] of found) this.#add(digest, bytes);
    this.#makeRoom(0);
  }

  /** What the kept layers take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The file of a layer; it is the one that was asked for last from now on. */
  find(digest: Digest): { readonly path: string; readonly size: number } | undefined {
    const path = this.#store.path(digest);
    const size = this.#store.size(digest);
    this.#forget(digest);
    if (size === undefined) return undefined;
    if (this.#isReadOnly) return this.#damaged.has(digest) ? undefined : { path, size };
    this.#add(digest, size);
    const now = new Date();
    utimesSync(path, now, now);
    return { path, size };
  }

  /** Whether a layer of this size is kept at all. */
  fits(size: number): boolean {
    return size <= this.#maxBytes;
  }

  /** Removes a layer that proved to be damaged; a reader forgets it. */
  remove(digest: Digest): void {
    if (this.#isReadOnly) {
      this.#damaged.add(digest);
      return;
    }
    rmSync(this.#store.path(digest), { force: true });
    this.#forget(digest);
  }

  /**
   * Writes a layer whose bytes `source` gives; `wrote` hears how many can be read from the file by now. It is kept
   * under its name only whole and with its digest.
   * @throws EngineError `upstream-error` for another digest or size; the source's errors and the file system's.
   */
  async add(
    digest: Digest,
    size: number,
    source: AsyncIterable<Uint8Array>,
    started: (path: string) => void,
    wrote: (bytes: number) => void,
  ): Promise<void> {
    this.#makeRoom(size);
    // Two registries may give the same layer at the same time.
    const path = `${this.#store.path(digest)}.${++this.#begun}${writing}`;
    const file = await open(path, "w");
    let isWhole = false;
    try {
      started(path);
      const hash = createHash("sha256");
      let written = 0;
      for await (const piece of source) {
        if (written + piece.length > size)
          throw new EngineError("upstream-error", `more than the ${size} bytes that were stated`, { subject: digest });
        hash.update(piece);
        await file.write(piece);
        written += piece.length;
        wrote(written);
      }
      const found = `sha256:${hash.digest("hex")}`;
      if (written !== size || found !== digest)
        throw new EngineError("upstream-error", `the content has another digest or size: ${found}, ${written} bytes`, {
          subject: digest,
        });
      await file.sync();
      isWhole = true;
    } finally {
      await file.close();
      if (!isWhole) await rm(path, { force: true });
    }
    await rename(path, this.#store.path(digest));
    this.#add(digest, size);
  }

  #add(digest: Digest, bytes: number): void {
    this.#forget(digest);
    this.#kept.set(digest, { bytes });
    this.#bytes += bytes;
  }

  #forget(digest: Digest): void {
    this.#bytes -= this.#kept.get(digest)?.bytes ?? 0;
    this.#kept.delete(digest);
  }

  /** A file that somebody still reads stays readable until it is closed. */
  #makeRoom(size: number): void {
    for (const digest of this.#kept.keys()) {
      if (this.#bytes + size <= this.#maxBytes) return;
      this.remove(digest);
    }
  }
}
