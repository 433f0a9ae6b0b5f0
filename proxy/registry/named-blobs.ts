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

/** Manifests that are searched in one repository; further ones are not. */
const mostSearched = 5_000;
/** More than are judged for one digest, so that whoever judges them sees that there are more. */
const mostFound = 65;

/** What the manifests of one repository name. Each is read once: what has a digest never changes. */
interface NamesOfRepository {
  readonly read: Set<Digest>;
  readonly parents: Map<Digest, Digest[]>;
}

const mostRepositories = 64;
const readNames = new WeakMap<Mirror, BoundedMap<string, NamesOfRepository>>();

function namesOf(mirror: Mirror, repository: string): NamesOfRepository {
  const ofMirror = readNames.get(mirror) ?? new BoundedMap<string, NamesOfRepository>(mostRepositories);
  readNames.set(mirror, ofMirror);
  const names = ofMirror.get(repository) ?? { read: new Set(), parents: new Map() };
  ofMirror.set(repository, names);
  return names;
}

function addTo(parents: Map<Digest, Digest[]>, named: Digest, digest: Digest): void {
  const known = parents.get(named);
  if (known === undefined) parents.set(named, [digest]);
  else known.push(digest);
}

function heldManifest(mirror: Mirror, repository: string, digest: Digest, limits: Limits): Manifest | undefined {
  const held = mirror.knowledge().answer({ kind: "manifest", repository, digest });
  return held?.state === "present" ? findManifest(held.value, limits) : undefined;
}

/**
 * The manifests of a repository that name a digest: as a child, a configuration or a layer. All of the repository are
 * read when it is first asked for, and later those that came since.
 */
export function findNaming(mirror: Mirror, repository: string, wanted: Digest, limits: Limits): readonly Naming[] {
  const names = namesOf(mirror, repository);
  const here = mirror.manifestsOf(repository, mostSearched);
  for (const digest of here) {
    if (names.read.has(digest)) continue;
    const held = mirror.knowledge().answer({ kind: "manifest", repository, digest });
    if (held?.state !== "present") continue;
    names.read.add(digest);
    const manifest = findManifest(held.value, limits);
    for (const named of new Set(manifest === undefined ? [] : namedBy(manifest).map((one) => one.digest)))
      addTo(names.parents, named, digest);
  }
  const parents = new Set(names.parents.get(wanted));
  const found: Naming[] = [];
  for (const digest of here) {
    if (!parents.has(digest)) continue;
    if (found.length >= mostFound) break;
    const manifest = heldManifest(mirror, repository, digest, limits);
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
