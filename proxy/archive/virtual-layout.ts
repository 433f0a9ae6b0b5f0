/**
 * A layout that is not on the disk as such: an index that is made here, over the blobs of an archive in another format.
 * Source: OCI image 1.1 (image layout).
 */
import { createHash } from "node:crypto";
import { blobPath, findBlobDigest } from "../../core/archive/names.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import type { LayoutFile, LayoutSource } from "./layout-source.ts";

/** What `index.json` says of an image. */
export interface MadeEntry {
  readonly descriptor: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly name?: string;
}

/** The parts from which a layout is put together. */
export class VirtualLayout implements LayoutSource {
  readonly name: string;
  readonly elsewhere: LayoutSource["elsewhere"];
  readonly isNamed: boolean;
  readonly #base: LayoutSource;
  readonly #made = new Map<string, Buffer>();
  readonly #blobs: ReadonlyMap<Digest, string>;
  readonly #changed: Date;

  /** `blobs` says where the base has each blob; `made` are those that are made here. */
  constructor(
    base: LayoutSource,
    entries: readonly MadeEntry[],
    parts: {
      readonly blobs: ReadonlyMap<Digest, string>;
      readonly made?: readonly Buffer[];
      readonly changed: Date;
      readonly elsewhere?: LayoutSource["elsewhere"];
      readonly isNamed?: boolean;
    },
  ) {
    this.name = base.name;
    this.elsewhere = parts.elsewhere;
    this.isNamed = parts.isNamed ?? false;
    this.#base = base;
    this.#blobs = parts.blobs;
    this.#changed = parts.changed;
    this.#made.set("oci-layout", toJson({ imageLayoutVersion: "1.0.0" }));
    const manifests = entries.map(({ descriptor, name }) => ({
      ...descriptor,
      ...(name === undefined ? {} : { annotations: { "org.opencontainers.image.ref.name": name } }),
    }));
    this.#made.set("index.json", toJson({ schemaVersion: 2, manifests }));
    for (const bytes of parts.made ?? []) this.#made.set(blobPath(digestOf(bytes)), bytes);
  }

  open(path: string): LayoutFile | undefined {
    const made = this.#made.get(path);
    if (made !== undefined)
      return {
        size: made.length,
        changed: this.#changed,
        read: (length, offset) => made.subarray(offset, offset + length),
        close: () => undefined,
      };
    // By this file, which is Docker's, is known who wrote the archive.
    if (path === "manifest.json") return this.#base.open(path);
    const digest = findBlobDigest(path);
    const stored = digest === undefined ? undefined : this.#blobs.get(digest);
    return stored === undefined ? undefined : this.#base.open(stored);
  }

  list(folder: string): readonly string[] {
    const made = [...this.#made.keys()].filter((path) => path.startsWith(`${folder}/`));
    const stored = [...this.#blobs.keys()].map(blobPath).filter((path) => path.startsWith(`${folder}/`));
    return [...new Set([...made, ...stored])].map((path) => path.slice(folder.length + 1));
  }

  close(): void {
    this.#base.close();
  }
}

/** The bytes of a document that is made here: the same for the same content. */
export const toJson = (value: JsonValue): Buffer => Buffer.from(encodeCanonicalJson(value));

const pieceBytes = 1024 * 1024;

/** The digest of a file that may be larger than memory. */
export function hashFile(file: LayoutFile): Digest {
  const hash = createHash("sha256");
  for (let at = 0; at < file.size; ) {
    const piece = file.read(Math.min(pieceBytes, file.size - at), at);
    if (piece.length === 0) break;
    hash.update(piece);
    at += piece.length;
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Uses a file of a source and closes it; `undefined` if there is none. */
export function withFile<T>(source: LayoutSource, path: string, use: (file: LayoutFile) => T): T | undefined {
  const file = source.open(path);
  if (file === undefined) return undefined;
  try {
    return use(file);
  } finally {
    file.close();
  }
}

/** The bytes of a file that must be small. @throws EngineError `over-limit`. */
export function readSmall(source: LayoutSource, path: string, maxBytes: number): Buffer | undefined {
  return withFile(source, path, (file) => {
    if (file.size > maxBytes)
      throw new EngineError("over-limit", `${file.size} bytes, at most ${maxBytes} are read`, {
        subject: `${source.name}/${path}`,
      });
    return file.read(file.size, 0);
  });
}
