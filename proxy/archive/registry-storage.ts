/**
 * The storage of distribution's registry, which is what oc-mirror 2 archives: links for tags and manifests, blobs by
 * digest. Its names lack the registry, because oc-mirror takes it off; the caller names the one that the cluster pulls
 * from. A later archive leaves out the blobs of earlier ones. Source: docs/spec/sigstore.md#saved-layouts.
 */
import { parseJson } from "../../core/encoding/json.ts";
import { isObject } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { LayoutSource } from "./layout-source.ts";
import { type MadeEntry, readSmall, VirtualLayout, withFile } from "./virtual-layout.ts";

export const registryFolder = "docker/registry/v2";
const repositories = `${registryFolder}/repositories`;
const blobFolder = `${registryFolder}/blobs/sha256`;
const linkBytes = 256;

/**
 * The storage as a layout, whose repositories stand below `registry`: `registry.corp:5000/ocp`.
 * @throws EngineError `invalid-usage` without a registry, `archive-corrupt` for a broken link, `over-limit` past
 * `layoutEntries`.
 */
export function openRegistryStorage(source: LayoutSource, registry: string | undefined, limits: Limits): VirtualLayout {
  if (registry === undefined || !namesHost(registry))
    throw new EngineError(
      "invalid-usage",
      "oc-mirror's archive does not say which registry its images are pulled from: name it, REGISTRY=FILE or " +
        "REGISTRY/PATH=FILE",
      { subject: registry ?? source.name, remedy: "image-name" },
    );
  return new Storage(source, registry.replace(/\/+$/, ""), limits).toLayout();
}

/** `localhost`, or a first part with a dot or a port: as in image references. */
const namesHost = (registry: string): boolean => /^(localhost|[^/]*[.:][^/]*)(\/|$)/.test(registry);

class Storage {
  readonly #source: LayoutSource;
  readonly #registry: string;
  readonly #limits: Limits;
  readonly #entries: MadeEntry[] = [];
  readonly #elsewhere: { repository: string; digest: Digest }[] = [];
  #count = 0;

  constructor(source: LayoutSource, registry: string, limits: Limits) {
    this.#source = source;
    this.#registry = registry;
    this.#limits = limits;
  }

  toLayout(): VirtualLayout {
    const blobs = this.#blobs();
    this.#walk("", blobs);
    return new VirtualLayout(this.#source, this.#entries, {
      blobs,
      changed: new Date(this.#changed),
      elsewhere: this.#elsewhere,
      isNamed: true,
    });
  }

  #changed = 0;

  #names(folder: string): readonly string[] {
    const names = this.#source.list(folder);
    this.#count += names.length;
    if (this.#count > this.#limits.layoutEntries)
      throw new EngineError("over-limit", `more than ${this.#limits.layoutEntries} files`, {
        subject: this.#source.name,
      });
    return names;
  }

  #blobs(): Map<Digest, string> {
    const found = new Map<Digest, string>();
    for (const start of this.#has(registryFolder, "blobs") ? this.#names(blobFolder) : [])
      for (const name of this.#names(`${blobFolder}/${start}`)) {
        const digest = `sha256:${name}`;
        if (isDigest(digest) && name.startsWith(start)) found.set(digest, `${blobFolder}/${start}/${name}/data`);
      }
    return found;
  }

  #has(folder: string, name: string): boolean {
    return this.#source.list(folder).includes(name);
  }

  /** Names with an underscore in front are the registry's own. */
  #walk(repository: string, blobs: ReadonlyMap<Digest, string>): void {
    const folder = repository === "" ? repositories : `${repositories}/${repository}`;
    if (folder.length > this.#limits.referenceBytes)
      throw new EngineError("over-limit", "a repository with too long a name", { subject: this.#source.name });
    const names = this.#names(folder);
    if (names.includes("_manifests")) this.#add(repository, `${folder}/_manifests`, blobs);
    for (const name of names)
      if (!name.startsWith("_")) this.#walk(repository === "" ? name : `${repository}/${name}`, blobs);
  }

  #add(repository: string, folder: string, blobs: ReadonlyMap<Digest, string>): void {
    const name = `${this.#registry}/${repository}`;
    const kinds = this.#names(folder);
    for (const tag of kinds.includes("tags") ? this.#names(`${folder}/tags`) : []) {
      const digest = this.#link(`${folder}/tags/${tag}/current/link`);
      if (digest === undefined) continue;
      // oc-mirror keeps images that are named by digest under a tag that repeats it.
      const isOwn = tag === digest.replace(":", "-");
      this.#entry(isOwn ? `${name}@${digest}` : `${name}:${tag}`, name, digest, blobs);
    }
    if (!kinds.includes("revisions") || !this.#has(`${folder}/revisions`, "sha256")) return;
    for (const hex of this.#names(`${folder}/revisions/sha256`)) {
      const digest = this.#link(`${folder}/revisions/sha256/${hex}/link`);
      if (digest !== undefined) this.#entry(`${name}@${digest}`, name, digest, blobs);
    }
  }

  #link(path: string): Digest | undefined {
    const text = readSmall(this.#source, path, linkBytes)?.toString("latin1").trim();
    if (text === undefined || isDigest(text)) return text as Digest | undefined;
    throw new EngineError("archive-corrupt", "a link of the registry's storage that holds no digest", {
      subject: `${this.#source.name}/${path}`,
    });
  }

  #entry(name: string, repository: string, digest: Digest, blobs: ReadonlyMap<Digest, string>): void {
    const path = blobs.get(digest);
    const bytes = path === undefined ? undefined : readSmall(this.#source, path, this.#limits.manifestBytes);
    if (path === undefined || bytes === undefined) {
      this.#elsewhere.push({ repository, digest });
      return;
    }
    const changed = withFile(this.#source, path, (file) => file.changed.getTime()) ?? 0;
    this.#changed = Math.max(this.#changed, changed);
    this.#entries.push({
      descriptor: { mediaType: mediaTypeOf(bytes, this.#limits), digest, size: bytes.length },
      name,
    });
  }
}

/** What a manifest says of itself. What does not read is found when its digest is checked. */
function mediaTypeOf(bytes: Uint8Array, limits: Limits): string {
  try {
    const manifest = parseJson(bytes, { limits });
    if (!isObject(manifest)) return mediaTypes.manifest;
    if (typeof manifest.mediaType === "string") return manifest.mediaType;
    return Array.isArray(manifest.manifests) ? mediaTypes.index : mediaTypes.manifest;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return mediaTypes.manifest;
  }
}
