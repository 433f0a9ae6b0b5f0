/**
 * The files of an OCI image layout, read with bounds and compared with their digests. Source: OCI image 1.1 (image
 * layout).
 */
import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, parseJson } from "../../core/encoding/json.ts";
import { readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";

const layoutFileBytes = 4096;

export class LayoutFiles {
  readonly folder: string;
  readonly #limits: Limits;

  constructor(folder: string, limits: Limits) {
    this.folder = folder;
    this.#limits = limits;
  }

  /**
   * The members of `index.json`, and when it was last changed. The file `oci-layout` must be there, of version 1.
   * @throws EngineError `invalid-usage` when this is no layout folder, `unsupported` for another version,
   * `archive-corrupt`, `over-limit`.
   */
  readIndex(): { readonly index: JsonObject; readonly changed: Date } {
    const marker = this.#readJson("oci-layout", layoutFileBytes);
    const version = reading(this.#path("oci-layout"), () =>
      readString(marker.object.imageLayoutVersion, "/imageLayoutVersion"),
    );
    if (!version.startsWith("1."))
      throw new EngineError("unsupported", `image layout version ${version}`, { subject: this.folder });
    const { object, changed } = this.#readJson("index.json", this.#limits.layoutIndexBytes);
    return { index: object, changed };
  }

  #readJson(name: string, maxBytes: number): { readonly object: JsonObject; readonly changed: Date } {
    const path = this.#path(name);
    const found = readFile(path, maxBytes);
    if (found === undefined)
      throw new EngineError("invalid-usage", `not an OCI image layout: there is no ${name}`, { subject: this.folder });
    return {
      object: reading(path, () =>
        readObject(parseJson(found.bytes, { maxBytes, subject: path, limits: this.#limits }), ""),
      ),
      changed: found.changed,
    };
  }

  /** Where the blob is, or would be. A digest is hexadecimal, so that the path stays inside the folder. */
  path(digest: Digest): string {
    return this.#path("blobs", "sha256", digest.slice("sha256:".length));
  }

  has(digest: Digest): boolean {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  #path(...names: readonly string[]): string {
    return join(this.folder, ...names);
  }

  /**
   * A blob's bytes; `undefined` when the layout does not hold it.
   * @throws EngineError `archive-corrupt` when they have another digest or the file is no file, `over-limit`.
   */
  read(digest: Digest, maxBytes: number): Uint8Array | undefined {
    const found = readFile(this.path(digest), maxBytes);
    if (found !== undefined && digestOf(found.bytes) !== digest)
      throw new EngineError("archive-corrupt", "the layout's file does not have the digest that is its name", {
        subject: digest,
      });
    return found?.bytes;
  }

  /**
   * The digests that files are named by; files with other names are none of the layout's business.
   * @throws EngineError `over-limit` past `layoutEntries`, `archive-corrupt` when the folder cannot be listed.
   */
  digests(): readonly Digest[] {
    const folder = this.#path("blobs", "sha256");
    const names = reading(folder, () => readdirSync(folder));
    if (names.length > this.#limits.layoutEntries)
      throw new EngineError(
        "over-limit",
        `${names.length} files, at most ${this.#limits.layoutEntries} are looked at`,
        { subject: folder },
      );
    return names
      .map((name) => `sha256:${name}`)
      .filter(isDigest)
      .sort();
  }

  /**
   * A blob's bytes if it may be a manifest with a subject: JSON by its first byte, not larger than a manifest, and
   * holding the word. Most files are layers, of which only the first byte is read.
   * @throws EngineError `archive-corrupt` when such a file has another digest than its name.
   */
  readIfReferrer(digest: Digest): Uint8Array | undefined {
    const found = readFile(this.path(digest), this.#limits.manifestBytes, { onlyJson: true });
    if (found === undefined || !found.bytes.includes('"subject"')) return undefined;
    if (digestOf(found.bytes) !== digest)
      throw new EngineError("archive-corrupt", "the layout's file does not have the digest that is its name", {
        subject: digest,
      });
    return found.bytes;
  }
}

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** What does not read in a layout is the layout's damage. */
function reading<T>(subject: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof EngineError && error.code !== "malformed") throw error;
    throw new EngineError(
      "archive-corrupt",
      `the layout does not read: ${error instanceof Error ? error.message : String(error)}`,
      { subject, cause: error },
    );
  }
}

interface FoundFile {
  readonly bytes: Buffer;
  readonly changed: Date;
}

/**
 * Reads a regular file of at most `maxBytes`. With `onlyJson`, one that is larger or does not begin like an object
 * counts as not there.
 */
function readFile(path: string, maxBytes: number, options: { readonly onlyJson?: true } = {}): FoundFile | undefined {
  const handle = openRegular(path);
  if (handle === undefined) return undefined;
  try {
    const { size, mtime } = fstatSync(handle);
    if (size > maxBytes) {
      if (options.onlyJson) return undefined;
      throw new EngineError("over-limit", `${size} bytes, at most ${maxBytes} are read`, { subject: path });
    }
    if (options.onlyJson && readBytes(handle, 1).toString("latin1") !== "{") return undefined;
    return { bytes: readBytes(handle, size), changed: mtime };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw new EngineError("archive-corrupt", "the layout's file cannot be read", { subject: path, cause: error });
  } finally {
    closeSync(handle);
  }
}

/** Reads `size` bytes from the start; fewer when the file ends before. */
function readBytes(handle: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const length = readSync(handle, bytes, filled, size - filled, filled);
    if (length === 0) break;
    filled += length;
  }
  return bytes.subarray(0, filled);
}

/** Opens what is a regular file; a named pipe or a device would never end. */
function openRegular(path: string): number | undefined {
  const stat = reading(path, () => statSync(path, { throwIfNoEntry: false }));
  if (stat === undefined) return undefined;
  if (!stat.isFile()) throw new EngineError("archive-corrupt", "not a regular file", { subject: path });
  return reading(path, () => openSync(path, "r"));
}
