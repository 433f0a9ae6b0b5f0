/**
 * The files of an OCI image layout, read with bounds and compared with their digests. Source: OCI image 1.1 (image
 * layout).
 */
import { createHash } from "node:crypto";
import { blobPath } from "../../core/archive/names.ts";
import { type JsonObject, parseJson } from "../../core/encoding/json.ts";
import { readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import type { LayoutFile, LayoutSource } from "./layout-source.ts";

const layoutFileBytes = 4096;

/** RFC 3339 has years of four digits, but a file system may have any date. A date out of range counts as old. */
const latestTime = Date.UTC(9999, 11, 31);
const inRange = (time: number): number => (time >= 0 && time <= latestTime ? time : 0);

export class LayoutFiles {
  readonly #source: LayoutSource;
  readonly #limits: Limits;

  constructor(source: LayoutSource, limits: Limits) {
    this.#source = source;
    this.#limits = limits;
  }

  /**
   * The members of `index.json`, and when it was last changed. The file `oci-layout` must be there, of version 1.
   * @throws EngineError `invalid-usage` when this is no layout, `unsupported` for another version, `archive-corrupt`,
   * `over-limit`.
   */
  readIndex(): { readonly index: JsonObject; readonly changed: Date } {
    const marker = this.#readJson("oci-layout", layoutFileBytes);
    const version = this.#reading("oci-layout", () =>
      readString(marker.object.imageLayoutVersion, "/imageLayoutVersion"),
    );
    if (!version.startsWith("1."))
      throw new EngineError("unsupported", `image layout version ${version}`, { subject: this.#source.name });
    const { object, changed } = this.#readJson("index.json", this.#limits.layoutIndexBytes);
    return { index: object, changed };
  }

  #readJson(name: string, maxBytes: number): { readonly object: JsonObject; readonly changed: Date } {
    const found = this.#with(name, (file) => ({
      bytes: readWhole(file, maxBytes, this.#subject(name)),
      changed: new Date(inRange(file.changed.getTime())),
    }));
    if (found === undefined) return this.#noLayout(name);
    const subject = this.#subject(name);
    return {
      object: this.#reading(name, () =>
        readObject(parseJson(found.bytes, { maxBytes, subject, limits: this.#limits }), ""),
      ),
      changed: found.changed,
    };
  }

  #noLayout(name: string): never {
    throw new EngineError("invalid-usage", `not an OCI image layout: there is no ${name}`, {
      subject: this.#source.name,
    });
  }

  /** Manifests that the index names and an earlier archive holds. */
  get elsewhere(): NonNullable<LayoutSource["elsewhere"]> {
    return this.#source.elsewhere ?? [];
  }

  /** Whether the file that Docker's own format has beside a layout is there. */
  isDockerArchive(): boolean {
    return this.#with("manifest.json", (file) => file.read(layoutFileBytes, 0).includes('"RepoTags"')) === true;
  }

  #subject(path: string): string {
    return `${this.#source.name}/${path}`;
  }

  #with<T>(path: string, use: (file: LayoutFile) => T): T | undefined {
    const file = this.#source.open(path);
    if (file === undefined) return undefined;
    try {
      return use(file);
    } finally {
      file.close();
    }
  }

  /** An unreadable file in a layout is damage to the layout. */
  #reading<T>(path: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof EngineError && error.code !== "malformed") throw error;
      throw new EngineError(
        "archive-corrupt",
        `the layout cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        { subject: this.#subject(path), cause: error },
      );
    }
  }

  /** The size of a blob in the layout. */
  size(digest: Digest): number | undefined {
    return this.#with(blobPath(digest), ({ size }) => size);
  }

  /**
   * A blob's bytes; `undefined` when the layout does not hold it.
   * @throws EngineError `archive-corrupt` when they have another digest or the file is no file, `over-limit`.
   */
  read(digest: Digest, maxBytes: number): Uint8Array | undefined {
    const bytes = this.#with(blobPath(digest), (file) => readWhole(file, maxBytes, digest));
    if (bytes !== undefined) requireDigest(bytes, digest);
    return bytes;
  }

  /**
   * Gives a blob's bytes in pieces; the receiver compares them with the digest. False: the layout lacks it.
   * @throws EngineError `archive-corrupt` when the file has another size than `stated`, even if it changes while it is
   * read.
   */
  copy(digest: Digest, stated: number, take: (piece: Uint8Array) => void): boolean {
    const differs = (size: number) =>
      new EngineError("archive-corrupt", `${size} bytes, but the manifest states ${stated}`, { subject: digest });
    return (
      this.#with(blobPath(digest), (file) => {
        if (file.size !== stated) throw differs(file.size);
        for (let offset = 0; offset < stated; ) {
          const piece = file.read(Math.min(copyBytes, stated - offset), offset);
          if (piece.length === 0) throw differs(offset);
          take(piece);
          offset += piece.length;
        }
        return true;
      }) ?? false
    );
  }

  /**
   * The digests in the names of files. Other names are ignored.
   * @throws EngineError `over-limit` past `layoutEntries`, `archive-corrupt` when the folder cannot be listed.
   */
  digests(): readonly Digest[] {
    const names = this.#source.list("blobs/sha256");
    if (names.length > this.#limits.layoutEntries)
      throw new EngineError("over-limit", `${names.length} files, at most ${this.#limits.layoutEntries} are read`, {
        subject: this.#subject("blobs/sha256"),
      });
    return names
      .map((name) => `sha256:${name}`)
      .filter(isDigest)
      .sort();
  }

  /**
   * A blob's bytes if it may be a manifest: JSON by its first byte, not larger than a manifest, and holding the word.
   * Most files are layers, of which only the first byte is read.
   * @throws EngineError `archive-corrupt` when such a file has another digest than its name.
   */
  readIfManifest(digest: Digest, word = ""): Uint8Array | undefined {
    const bytes = this.#with(blobPath(digest), (file) =>
      file.size > this.#limits.manifestBytes || file.read(1, 0).toString("latin1") !== "{"
        ? undefined
        : file.read(file.size, 0),
    );
    if (bytes === undefined || !bytes.includes(word)) return undefined;
    requireDigest(bytes, digest);
    return bytes;
  }

  close(): void {
    this.#source.close();
  }
}

const copyBytes = 1024 * 1024;

function readWhole(file: LayoutFile, maxBytes: number, subject: string): Buffer {
  if (file.size > maxBytes)
    throw new EngineError("over-limit", `${file.size} bytes, at most ${maxBytes} are read`, { subject });
  return file.read(file.size, 0);
}

function requireDigest(bytes: Uint8Array, digest: Digest): void {
  if (`sha256:${createHash("sha256").update(bytes).digest("hex")}` !== digest)
    throw new EngineError("archive-corrupt", "the layout's file does not have the digest that is its name", {
      subject: digest,
    });
}
