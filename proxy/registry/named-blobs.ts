/**
 * Which manifests of the mirror name a digest. What a manifest names is never answered as absent, and is admitted with
 * the manifest. Source: docs/spec/offline.md#registry-proxy.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import type { Limits } from "../../core/limits.ts";
import { findManifest, type Manifest } from "../../core/oci/manifest.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { BoundedMap } from "../bounded-map.ts";

/** Whether content of this type is unpacked into an image's file system, or may be. */
export const isLayerType = (mediaType: string): boolean =>
  /[.+](?:tar|gzip|zstd)\b|\bimage\.(?:layer|rootfs)\b|octet-stream|^$/.test(mediaType);

/** A manifest, and how it names the digest. */
export interface Naming {
  readonly digest: Digest;
  readonly manifest: Manifest;
  readonly size: number;
  readonly mediaType: string;
}

/**
 * The manifests of a repository that name a digest: as a child, a configuration or a layer. One more than are judged
 * for one digest, so that whoever judges them sees that there are more.
 */
export function findNaming(mirror: Mirror, repository: string, wanted: Digest, limits: Limits): readonly Naming[] {
  const found: Naming[] = [];
  for (const digest of mirror.naming(repository, wanted, limits.doorJudged + 1)) {
    const held = mirror.knowledge().answer({ kind: "manifest", repository, digest });
    const manifest = held?.state === "present" ? findManifest(held.value, limits) : undefined;
    const entry = manifest === undefined ? undefined : namedBy(manifest).find((one) => one.digest === wanted);
    if (manifest !== undefined && entry !== undefined)
      found.push({ digest, manifest, size: entry.size, mediaType: entry.mediaType });
  }
  return found;
}

/** What a manifest names, in its order. */
export const namedBy = ({ config, layers, manifests }: Manifest) => [
  ...(config === undefined ? [] : [config]),
  ...layers,
  ...manifests,
];

export interface Named {
  readonly isLayer: boolean;
  readonly size: number;
}

const mostNamed = 100_000;

/** What manifests say of the blobs that they name: learnt when they are served, else looked up. */
export class BlobNames {
  readonly #mirror: Mirror;
  readonly #limits: Limits;
  readonly #named = new BoundedMap<string, Named>(mostNamed);

  constructor(mirror: Mirror, limits: Limits) {
    this.#mirror = mirror;
    this.#limits = limits;
  }

  learn(repository: string, manifest: Manifest): void {
    const { config, layers } = manifest;
    for (const { digest, size, mediaType } of config === undefined ? layers : [config, ...layers])
      this.#named.set(`${repository}@${digest}`, { isLayer: isLayerType(mediaType), size });
  }

  find(repository: string, digest: Digest): Named | undefined {
    const key = `${repository}@${digest}`;
    const held = this.#named.get(key);
    if (held !== undefined) return held;
    const [naming] = findNaming(this.#mirror, repository, digest, this.#limits);
    if (naming === undefined) return undefined;
    const found = { isLayer: isLayerType(naming.mediaType), size: naming.size };
    this.#named.set(key, found);
    return found;
  }
}
