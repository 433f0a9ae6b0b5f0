/**
 * What `docker save` wrote before Docker 25, and skopeo, podman and crane write as `docker-archive`: configurations and
 * layers, and no manifests. Each image gets a manifest that is made here, so its digest is not that of any registry and
 * no signature is about it. Source: docs/spec/sigstore.md#saved-layouts.
 */
import { parseJson, type JsonObject, type JsonValue } from "../../core/encoding/json.ts";
import { readArray, readObject, readString } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, digestOf, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { LayoutSource } from "./layout-source.ts";
import { hashFile, type MadeEntry, readSmall, toJson, VirtualLayout, withFile } from "./virtual-layout.ts";

const types = {
  manifest: mediaTypes.manifest,
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar",
};

/**
 * The archive as a layout.
 * @throws EngineError `archive-corrupt` when its list cannot be read, it lacks a configuration or a layer, or one of
 * them has another digest than is stated; `over-limit`.
 */
export function openDockerArchive(source: LayoutSource, limits: Limits): VirtualLayout {
  const list = readSmall(source, "manifest.json", limits.layoutIndexBytes) ?? Buffer.from("[]");
  const changed = withFile(source, "manifest.json", (file) => file.changed) ?? new Date(0);
  const blobs = new Map<Digest, string>();
  const made: Buffer[] = [];
  const entries: MadeEntry[] = [];
  const reader = new ArchiveReader(source, blobs, limits);
  for (const image of reader.images(list)) {
    const manifest = toJson(reader.manifest(image));
    made.push(manifest);
    const descriptor = { mediaType: types.manifest, digest: digestOf(manifest), size: manifest.length };
    entries.push(...(image.names.length === 0 ? [{ descriptor }] : image.names.map((name) => ({ descriptor, name }))));
  }
  return new VirtualLayout(source, entries, { blobs, made, changed });
}

interface SavedImage {
  readonly config: string;
  readonly layers: readonly string[];
  readonly names: readonly string[];
}

class ArchiveReader {
  readonly #source: LayoutSource;
  readonly #blobs: Map<Digest, string>;
  readonly #limits: Limits;
  readonly #descriptors = new Map<string, JsonObject>();

  constructor(source: LayoutSource, blobs: Map<Digest, string>, limits: Limits) {
    this.#source = source;
    this.#blobs = blobs;
    this.#limits = limits;
  }

  images(list: Uint8Array): readonly SavedImage[] {
    return this.#reading("manifest.json", () => {
      const images = readArray(this.#parse(list, "manifest.json"), "");
      if (images.length > this.#limits.layoutEntries)
        throw new EngineError("over-limit", `more than ${this.#limits.layoutEntries} images`, {
          subject: this.#source.name,
        });
      return images.map((value, index): SavedImage => {
        const { Config, Layers, RepoTags } = readObject(value, `/${index}`);
        return {
          config: readString(Config, `/${index}/Config`),
          layers: readTexts(Layers, `/${index}/Layers`, this.#limits.layersPerManifest),
          names: readTexts(RepoTags, `/${index}/RepoTags`, this.#limits.layoutEntries),
        };
      });
    });
  }

  manifest({ config, layers }: SavedImage): JsonObject {
    const bytes = readSmall(this.#source, config, this.#limits.blobBytes);
    if (bytes === undefined) throw this.#lacks(config);
    const digest = digestOf(bytes);
    this.#requireNamed(config, digest);
    this.#blobs.set(digest, config);
    const contents = this.#reading(config, () => {
      const { rootfs } = readObject(this.#parse(bytes, config), "");
      return readTexts(
        readObject(rootfs ?? {}, "/rootfs").diff_ids,
        "/rootfs/diff_ids",
        this.#limits.layersPerManifest,
      );
    });
    if (contents.length !== layers.length)
      throw this.#damaged(config, `${layers.length} layers, but the configuration names ${contents.length}`);
    return {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.config, digest, size: bytes.length },
      layers: layers.map((path, index) => this.#layer(path, contents[index] ?? "")),
    };
  }

  /** `content` is the digest that the configuration gives to the layer's bytes before compression. */
  #layer(path: string, content: string): JsonObject {
    const known = this.#descriptors.get(path);
    if (known !== undefined) return known;
    const found = withFile(this.#source, path, (file) => {
      const compression = compressionOf(file.read(4, 0));
      const digest = hashFile(file);
      if (compression === "" && digest !== content)
        throw this.#damaged(path, `has the digest ${digest}, and the configuration names ${content}`);
      return { mediaType: `${types.layer}${compression}`, digest, size: file.size };
    });
    if (found === undefined) throw this.#lacks(path);
    if (isDigest(found.digest)) this.#requireNamed(path, found.digest);
    this.#blobs.set(found.digest, path);
    this.#descriptors.set(path, found);
    return found;
  }

  /** Writers name configurations, and compressed layers, by their digests. */
  #requireNamed(path: string, digest: Digest): void {
    const stated = /^(?:sha256:)?([0-9a-f]{64})(?:\.json|\.tar\.gz)?$/.exec(path)?.[1];
    if (stated !== undefined && `sha256:${stated}` !== digest)
      throw this.#damaged(path, "does not have the digest that is its name");
  }

  #parse(bytes: Uint8Array, path: string): JsonValue {
    return parseJson(bytes, { subject: `${this.#source.name}/${path}`, limits: this.#limits });
  }

  #reading<T>(path: string, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
      throw new EngineError("archive-corrupt", `the archive cannot be read: ${error.message}`, {
        subject: `${this.#source.name}/${path}`,
        cause: error,
      });
    }
  }

  #damaged(path: string, why: string): EngineError {
    return new EngineError("archive-corrupt", why, { subject: `${this.#source.name}/${path}` });
  }

  #lacks(path: string): EngineError {
    return new EngineError("archive-corrupt", "the archive's list names a file that is not in it", {
      subject: `${this.#source.name}/${path}`,
    });
  }
}

function readTexts(value: JsonValue | undefined, at: string, most: number): readonly string[] {
  const list = readArray(value ?? [], at);
  if (list.length > most)
    throw new EngineError("over-limit", `${list.length} entries, at most ${most}`, { subject: at });
  return list.map((entry, index) => readString(entry, `${at}/${index}`));
}

function compressionOf(start: Buffer): "" | "+gzip" | "+zstd" {
  const magic = start.toString("hex");
  if (magic.startsWith("1f8b")) return "+gzip";
  return magic.startsWith("28b52ffd") ? "+zstd" : "";
}
