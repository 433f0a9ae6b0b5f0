/**
 * What a layout holds of each repository: tags, manifests, blobs and referrers. Referrers are found by looking at every
 * manifest with a subject, because `cosign save` leaves bundles as blobs that no index names. Source:
 * docs/spec/sigstore.md#referrers-and-the-fallback-tag, #saved-layouts.
 */
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { associatedTag, parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { type Manifest, parseManifest, referrerDescriptor } from "../../core/oci/manifest.ts";
import type { LayoutFiles } from "./layout-files.ts";
import { imageEntry, type NamedEntry } from "./layout-names.ts";

export interface LayoutRepository {
  readonly repository: string;
  readonly tags: ReadonlyMap<string, Descriptor>;
  /** Every manifest that belongs here, parsed where the layout holds it and it reads. */
  readonly manifests: ReadonlyMap<Digest, Manifest | undefined>;
  /** Configurations and layers of those manifests. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
  readonly referrers: ReadonlyMap<Digest, readonly Descriptor[]>;
}

interface Growing {
  readonly repository: string;
  readonly tags: Map<string, Descriptor>;
  readonly manifests: Map<Digest, Manifest | undefined>;
  readonly blobs: Map<Digest, Descriptor>;
  readonly referrers: Map<Digest, Descriptor[]>;
}

/** A manifest with a subject, wherever it was found. */
export interface Referrer {
  readonly descriptor: Descriptor;
  readonly subject: Digest;
}

/** Reads manifests once each; what does not read is noted under its digest and holds nothing. */
export class ManifestReader {
  readonly problems = new Map<Digest, EngineError>();
  readonly #files: LayoutFiles;
  readonly #limits: Limits;
  readonly #known = new Map<Digest, Manifest | undefined>();

  constructor(files: LayoutFiles, limits: Limits) {
    this.#files = files;
    this.#limits = limits;
  }

  read(digest: Digest): Manifest | undefined {
    if (this.#known.has(digest)) return this.#known.get(digest);
    const manifest = this.#noting(digest, () => this.#parse(this.#files.read(digest, this.#limits.manifestBytes)));
    this.#known.set(digest, manifest);
    return manifest;
  }

  /** Every manifest with a subject among all files. JSON that is no manifest is nothing to note. */
  referrers(): readonly Referrer[] {
    const found: Referrer[] = [];
    for (const digest of this.#files.digests()) {
      const bytes = this.#noting(digest, () => this.#files.readIfReferrer(digest));
      const manifest = bytes === undefined ? undefined : parsedOrNothing(() => parseManifest(bytes, this.#limits));
      if (bytes === undefined || manifest?.subject === undefined) continue;
      this.#known.set(digest, manifest);
      found.push({ descriptor: referrerDescriptor(manifest, digest, bytes.length), subject: manifest.subject.digest });
    }
    return found;
  }

  #parse(bytes: Uint8Array | undefined): Manifest | undefined {
    return bytes === undefined ? undefined : parseManifest(bytes, this.#limits);
  }

  #noting<T>(digest: Digest, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.problems.set(digest, error);
      return undefined;
    }
  }
}

function parsedOrNothing<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return undefined;
  }
}

/** Sorts entries and referrers into repositories. */
export function buildRepositories(
  entries: readonly NamedEntry[],
  referrers: readonly Referrer[],
  manifests: ManifestReader,
): ReadonlyMap<string, LayoutRepository> {
  const repositories = new Map<string, Growing>();
  const image = imageEntry(entries);
  for (const entry of entries) {
    const repository = repositories.get(entry.repository) ?? empty(entry.repository);
    repositories.set(entry.repository, repository);
    addManifest(repository, entry.descriptor.digest, manifests);
    const tag = tagOf(entry, image?.descriptor.digest);
    if (tag !== undefined) repository.tags.set(tag, toTagDescriptor(entry.descriptor));
  }
  placeReferrers([...repositories.values()], referrers, manifests);
  for (const repository of repositories.values()) addFallbackReferrers(repository);
  return repositories;
}

const empty = (repository: string): Growing => ({
  repository,
  tags: new Map(),
  manifests: new Map(),
  blobs: new Map(),
  referrers: new Map(),
});

function tagOf(entry: NamedEntry, image: Digest | undefined): string | undefined {
  if (image === undefined || entry.role === "image" || entry.role === "other") return entry.tag;
  return associatedTag(image, entry.role === "signatures" ? "signature" : "attestation");
}

/** Takes a manifest, its children, and the blobs they name. */
function addManifest(repository: Growing, digest: Digest, manifests: ManifestReader): void {
  const waiting = [digest];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (repository.manifests.has(next)) continue;
    const manifest = manifests.read(next);
    repository.manifests.set(next, manifest);
    for (const child of manifest?.manifests ?? []) waiting.push(child.digest);
    for (const blob of [...(manifest?.config === undefined ? [] : [manifest.config]), ...(manifest?.layers ?? [])])
      repository.blobs.set(blob.digest, blob);
  }
}

/**
 * A referrer is of the repositories that name it; one that no index names is of those that hold its subject. What
 * refers to a referrer follows it.
 */
function placeReferrers(
  repositories: readonly Growing[],
  referrers: readonly Referrer[],
  manifests: ManifestReader,
): void {
  let waiting = referrers;
  for (let placed = true; placed && waiting.length > 0; ) {
    placed = false;
    const left: Referrer[] = [];
    for (const referrer of waiting) {
      const named = repositories.filter((repository) => repository.manifests.has(referrer.descriptor.digest));
      const owners =
        named.length > 0 ? named : repositories.filter((repository) => repository.manifests.has(referrer.subject));
      if (owners.length === 0) left.push(referrer);
      for (const owner of owners) {
        addManifest(owner, referrer.descriptor.digest, manifests);
        addReferrer(owner, referrer.subject, referrer.descriptor);
        placed = true;
      }
    }
    waiting = left;
  }
}

function addReferrer(repository: Growing, subject: Digest, descriptor: Descriptor): void {
  const list = repository.referrers.get(subject) ?? [];
  repository.referrers.set(subject, list);
  if (!list.some((other) => other.digest === descriptor.digest)) list.push(descriptor);
}

/**
 * The index behind the tag `sha256-HEX` names referrers too; one too many does no harm, for a signature names its image
 * itself.
 */
function addFallbackReferrers(repository: Growing): void {
  for (const [tag, { digest }] of repository.tags) {
    const associated = parseAssociatedTag(tag);
    if (associated?.kind !== "referrers") continue;
    for (const { platform: _, ...descriptor } of repository.manifests.get(digest)?.manifests ?? [])
      addReferrer(repository, associated.image, descriptor);
  }
}

/**
 * A tag's descriptor. Annotations and platform of an index entry are the layout's words about it, not the registry's.
 */
const toTagDescriptor = ({ mediaType, digest, size, artifactType }: Descriptor): Descriptor => ({
  mediaType,
  digest,
  size,
  ...(artifactType === undefined ? {} : { artifactType }),
});
