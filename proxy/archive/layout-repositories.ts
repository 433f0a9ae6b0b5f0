/**
 * What a layout holds of each repository: tags, manifests, blobs and referrers. Referrers are found by reading every
 * manifest with a subject, because `cosign save` leaves bundles as blobs that no index names. Source:
 * docs/spec/sigstore.md#referrers-and-the-fallback-tag, #saved-layouts.
 */
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { associatedTag, parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import {
  isManifestType,
  type Manifest,
  findManifest,
  parseManifest,
  referrerDescriptor,
} from "../../core/oci/manifest.ts";
import type { LayoutFiles } from "./layout-files.ts";
import { imageOf, markedImages, type NamedEntry } from "./name-entries.ts";

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
  readonly referrers: Map<Digest, Map<Digest, Descriptor>>;
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

  /**
   * Whether an entry is an image, an index or what refers to one: by its media type, else by what it holds. What is not
   * here may be one.
   */
  isManifest(digest: Digest, mediaType: string): boolean {
    if (isManifestType(mediaType) || this.#noting(digest, () => this.#files.size(digest)) === undefined) return true;
    const bytes = this.#noting(digest, () => this.#files.readIfManifest(digest));
    return bytes !== undefined && findManifest(bytes, this.#limits) !== undefined;
  }

  /** Notes a file that is here and has another size than what names it states. */
  requireSize(digest: Digest, stated: number): void {
    this.#noting(digest, () => {
      const size = this.#files.size(digest);
      if (size !== undefined && size !== stated)
        throw new EngineError("archive-corrupt", `${size} bytes, where ${stated} are stated`, { subject: digest });
    });
  }

  /** Every manifest with a subject among all files. JSON that is no manifest is nothing to note. */
  referrers(): readonly Referrer[] {
    const found: Referrer[] = [];
    for (const digest of this.#files.digests()) {
      const bytes = this.#noting(digest, () => this.#files.readIfManifest(digest, '"subject"'));
      const manifest = bytes === undefined ? undefined : findManifest(bytes, this.#limits);
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

/**
 * Sorts entries and referrers into repositories.
 * @throws EngineError `archive-corrupt` when one name is given to two digests, or several marked images leave open
 * whose the signatures are; `over-limit` when contents stand under too many names.
 */
export function buildRepositories(
  entries: readonly NamedEntry[],
  referrers: readonly Referrer[],
  manifests: ManifestReader,
  limits: Limits,
): ReadonlyMap<string, LayoutRepository> {
  const building = new Building(manifests, limits);
  const images = markedImages(entries);
  for (const entry of entries) {
    const repository = building.repository(entry.repository);
    building.addManifest(repository, entry.descriptor.digest);
    const tag = tagOf(entry, images);
    if (tag !== undefined) setTag(repository, tag, entry.descriptor);
  }
  building.placeReferrers(referrers);
  building.addFallbackReferrers();
  return building.finish();
}

/** An image beside an index of its name is reached through its digest alone. */
function tagOf(entry: NamedEntry, images: readonly NamedEntry[]): string | undefined {
  switch (entry.role) {
    case "other":
      return entry.tag;
    case "image":
      return images.includes(entry) ? entry.tag : undefined;
    case "referrer":
      return undefined;
    default: {
      const image = imageOf(entry, images);
      return image === undefined ? undefined : associatedTag(image, entry.role);
    }
  }
}

/** A name with two contents is ambiguous: neither is taken. */
function setTag({ repository, tags }: Growing, tag: string, descriptor: Descriptor): void {
  const before = tags.get(tag);
  if (before !== undefined && before.digest !== descriptor.digest)
    throw new EngineError(
      "archive-corrupt",
      `the layout calls two contents ${repository}:${tag}: ${before.digest} and ${descriptor.digest}`,
      { subject: `${repository}:${tag}` },
    );
  tags.set(tag, toTagDescriptor(descriptor));
}

class Building {
  readonly repositories = new Map<string, Growing>();
  readonly #manifests: ManifestReader;
  readonly #limits: Limits;
  readonly #seen = new Set<string>();
  #repeated = 0;

  constructor(manifests: ManifestReader, limits: Limits) {
    this.#manifests = manifests;
    this.#limits = limits;
  }

  repository(name: string): Growing {
    const repository = this.repositories.get(name) ?? {
      repository: name,
      tags: new Map(),
      manifests: new Map(),
      blobs: new Map(),
      referrers: new Map(),
    };
    this.repositories.set(name, repository);
    return repository;
  }

  /** A small layout could stand under so many names that the answers about it fill a disk. */
  #place(content: string, answers: number): void {
    if (this.#seen.has(content)) this.#repeated += answers;
    this.#seen.add(content);
    if (this.#repeated > this.#limits.layoutRepeats)
      throw new EngineError(
        "over-limit",
        `the layout repeats its contents under other names more than ${this.#limits.layoutRepeats} times`,
        { subject: "index.json" },
      );
  }

  /** Adds a manifest, its children, and the blobs they name. Gives the manifests that are new here. */
  addManifest(repository: Growing, digest: Digest): readonly Digest[] {
    const waiting = [digest];
    const added: Digest[] = [];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (repository.manifests.has(next)) continue;
      const manifest = this.#manifests.read(next);
      this.#place(next, 1 + (manifest?.layers.length ?? 0));
      repository.manifests.set(next, manifest);
      added.push(next);
      for (const child of manifest?.manifests ?? []) {
        this.#manifests.requireSize(child.digest, child.size);
        waiting.push(child.digest);
      }
      for (const blob of [...(manifest?.config === undefined ? [] : [manifest.config]), ...(manifest?.layers ?? [])])
        repository.blobs.set(blob.digest, blob);
    }
    return added;
  }

  /**
   * A referrer belongs to the repositories that name it; if no index names it, to those that hold its subject.
   * Referrers of a referrer follow it.
   */
  placeReferrers(referrers: readonly Referrer[]): void {
    const bySubject = new Map<Digest, Referrer[]>();
    const named = new Set<Digest>();
    for (const referrer of referrers) {
      const { digest } = referrer.descriptor;
      const siblings = bySubject.get(referrer.subject);
      if (siblings === undefined) bySubject.set(referrer.subject, [referrer]);
      else siblings.push(referrer);
      for (const repository of this.repositories.values()) {
        if (!repository.manifests.has(digest)) continue;
        named.add(digest);
        this.#addReferrer(repository, referrer.subject, referrer.descriptor);
      }
    }
    for (const repository of this.repositories.values()) {
      const waiting = [...repository.manifests.keys()];
      for (let subject = waiting.pop(); subject !== undefined; subject = waiting.pop())
        for (const { descriptor } of bySubject.get(subject) ?? []) {
          if (named.has(descriptor.digest)) continue;
          waiting.push(...this.addManifest(repository, descriptor.digest));
          this.#addReferrer(repository, subject, descriptor);
        }
    }
  }

  finish(): ReadonlyMap<string, LayoutRepository> {
    return new Map(
      [...this.repositories].map(([name, repository]) => {
        const referrers = [...repository.referrers].map(([subject, list]) => [subject, [...list.values()]] as const);
        return [name, { ...repository, referrers: new Map(referrers) }];
      }),
    );
  }

  #addReferrer(repository: Growing, subject: Digest, descriptor: Descriptor): void {
    const list = repository.referrers.get(subject) ?? new Map<Digest, Descriptor>();
    repository.referrers.set(subject, list);
    if (list.has(descriptor.digest)) return;
    // A manifest refers to one subject: a list of many, or many lists of one, can only be a fallback index's.
    this.#place(`referrer ${descriptor.digest}`, 1);
    list.set(descriptor.digest, descriptor);
  }

  /**
   * The index behind the tag `sha256-HEX` names referrers too. A wrong one does no harm, because a signature names its
   * image itself.
   */
  addFallbackReferrers(): void {
    for (const repository of this.repositories.values())
      for (const [tag, { digest }] of repository.tags) {
        const associated = parseAssociatedTag(tag);
        if (associated?.kind !== "referrers") continue;
        for (const { platform: _, ...descriptor } of repository.manifests.get(digest)?.manifests ?? [])
          this.#addReferrer(repository, associated.image, descriptor);
      }
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
