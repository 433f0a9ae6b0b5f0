/**
 * Adds an OCI layout to the mirror, whole or not at all, and reports what it lacks. Source:
 * docs/spec/offline.md#completeness, docs/spec/outcomes.md#truth-of-a-code.
 */
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import type { Grain } from "../../core/oci/completeness.ts";
import type { Manifest } from "../../core/oci/manifest.ts";
import { isAddedFrom } from "./added-source.ts";
import { AddedClaims, requireClaimable } from "./claim-layout.ts";
import type { LayoutRepository } from "./layout-repositories.ts";
import type { LayoutSource } from "./layout-source.ts";
import { type LayoutKnowledge, openLayout } from "./oci-layout.ts";
import type { SkippedEntry } from "./layout-names.ts";
import type { Mirror } from "../mirror/mirror.ts";
import { findUnread, type Subject, type Unread } from "../mirror/unread-material.ts";
import type { MirrorWriter } from "../mirror/mirror-writer.ts";

export interface AddLayoutOptions {
  /** The repository for images without a name in the layout. */
  readonly repository?: string;
  /** The tag for the one image without a name. */
  readonly tag?: string;
  /** What the mirror then holds completely: the layout's images, their repositories or hosts, or these scopes. */
  readonly complete?: Grain | readonly string[];
  /** Who says that it is complete. Default: `from`. */
  readonly claimedBy?: string;
  /** Copy image layers too. No decision reads them; a registry serves them. */
  readonly layers?: boolean;
  /** RFC 3339; default: when the layout was last changed. */
  readonly at?: string;
  readonly from?: string;
}

export interface AddedLayout {
  readonly images: readonly { readonly repository: string; readonly tag?: string; readonly digest: Digest }[];
  readonly tags: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly referrers: number;
  /** Image layers copied, and image layers left out. */
  readonly layers: number;
  readonly layersLeftOut: number;
  /** Content that manifests name but the layout lacks, except image layers. */
  readonly missing: readonly Digest[];
  /** Entries of `index.json` that could not be taken, and why. */
  readonly skipped: readonly SkippedEntry[];
  /** Entries that no decision can use. */
  readonly plainBlobs: readonly SkippedEntry[];
  /** Material that a decision would read but cannot, and the number of referrers of other types. */
  readonly unread: readonly Unread[];
  readonly otherTypes: ReadonlyMap<string, number>;
  /** What was claimed; what was not, because content of it is missing or unreadable; the earlier claims that ended. */
  readonly complete: readonly CompletenessClaim[];
  readonly withheld: readonly CompletenessClaim[];
  readonly ended: readonly CompletenessClaim[];
}

/**
 * Adds everything of a layout folder.
 * @throws EngineError as `openLayout`; `archive-corrupt` when any manifest or blob has another digest;
 * `archive-incomplete` when completeness is claimed for a layout that lacks manifests which it names, or what the
 * mirror holds of its images; `invalid-usage` when it is claimed for what cannot be complete; `over-limit`.
 * After any error the mirror is unchanged.
 */
export function addLayout(mirror: Mirror, folder: string | LayoutSource, options: AddLayoutOptions = {}): AddedLayout {
  const layout = openLayout(folder, { ...options, limits: mirror.limits });
  for (const [digest, error] of layout.problems)
    if (error.code === "archive-corrupt")
      throw new EngineError("archive-corrupt", `a manifest of the layout cannot be read: ${error.message}`, {
        subject: digest,
        cause: error,
      });
  if (options.complete !== undefined) requireClaimable(layout);
  const writer = mirror.writer();
  return writer.transaction(() => {
    const addition = new Addition(mirror, writer, layout, options.layers ?? false);
    for (const repository of layout.repositories.values()) addition.add(repository);
    return addition.finish();
  });
}

class Addition {
  readonly #mirror: Mirror;
  readonly #writer: MirrorWriter;
  readonly #layout: LayoutKnowledge;
  readonly #withLayers: boolean;
  readonly #missing = new Set<Digest>();
  readonly #unread = new Map<Digest, Unread>();
  readonly #missingManifests = new Set<Digest>();
  readonly #skipped: SkippedEntry[] = [];
  readonly #claims: AddedClaims;
  readonly #counts = { tags: 0, manifests: 0, blobs: 0, referrers: 0, layers: 0, layersLeftOut: 0 };

  constructor(mirror: Mirror, writer: MirrorWriter, layout: LayoutKnowledge, withLayers: boolean) {
    this.#mirror = mirror;
    this.#writer = writer;
    this.#layout = layout;
    this.#withLayers = withLayers;
    this.#claims = new AddedClaims(mirror, layout);
  }

  add(contents: LayoutRepository): void {
    const { repository, tags, manifests, referrers } = contents;
    for (const [tag, value] of tags) {
      if (this.#layout.problems.has(value.digest) || this.#isOther(repository, tag, value.digest)) continue;
      this.#present({ kind: "tag", repository, tag }, value);
      this.#counts.tags += 1;
    }
    for (const digest of manifests.keys())
      if (this.#copy({ kind: "manifest", repository, digest })) this.#counts.manifests += 1;
    const layers = imageLayers(contents);
    for (const [digest, blob] of contents.blobs) {
      if (layers.has(digest)) this.#addLayer(blob);
      else if (this.#hasSize(blob, repository) && this.#copy({ kind: "blob", repository, digest }))
        this.#counts.blobs += 1;
    }
    for (const [digest, list] of referrers) this.#addReferrers({ kind: "referrers", repository, digest }, list);
  }

  /** Docker's digests may be its own: what a registry says a tag is stays so. */
  #isOther(repository: string, tag: string, digest: Digest): boolean {
    if (!this.#layout.isDocker) return false;
    const held = this.#mirror.knowledge().recorded({ kind: "tag", repository, tag });
    if (held?.state !== "present" || isAddedFrom(held.from) || held.value.digest === digest) return false;
    const reason = `${held.from} says that it is ${held.value.digest}; Docker's digest ${digest} does not count`;
    this.#skipped.push({ subject: `${repository}:${tag}`, reason });
    return true;
  }

  #present(question: Question, value: unknown): void {
    this.#store(question, { state: "present", value, at: this.#layout.at, from: this.#layout.from });
  }

  #store(question: Question, answer: Answer): void {
    this.#claims.note(this.#writer.setAnswer(question, answer));
  }

  /** Stores the layout's answers. A question without one stays open. */
  #copy(question: Extract<Question, { kind: "manifest" | "blob" }>): boolean {
    const { repository, digest } = question;
    if (this.#layout.problems.has(digest)) {
      this.#missingManifests.add(digest);
      return false;
    }
    const answer = this.#bounded(digest, repository, () => this.#layout.answer(question));
    if (this.#unread.has(digest)) return false;
    if (answer?.state === "present") this.#store(question, answer);
    else if (this.#isEarlier(question)) return false;
    else {
      this.#missing.add(question.digest);
      if (question.kind === "manifest") this.#missingManifests.add(question.digest);
    }
    return answer?.state === "present";
  }

  /** An archive of what is new leaves out what an earlier one brought. */
  #isEarlier(question: Extract<Question, { kind: "manifest" | "blob" }>): boolean {
    return this.#layout.isPartial && this.#mirror.knowledge().recorded(question)?.state === "present";
  }

  /**
   * A layer of another size than its manifest states is reported and left out: no decision accepts it.
   * @throws EngineError `archive-corrupt` when it is the layer that is wrong, and not its manifest.
   */
  #hasSize({ digest, size }: Descriptor, repository: string): boolean {
    const found = this.#layout.files.size(digest);
    if (found === undefined || found === size) return true;
    const { blobBytes } = this.#mirror.limits;
    if (this.#bounded(digest, repository, () => this.#layout.files.read(digest, blobBytes)) === undefined) return false;
    const reason = `${found} bytes, but the manifest states ${size}`;
    this.#unread.set(digest, { image: repository, subject: digest, reason });
    return false;
  }

  /** Content beyond a bound is reported and left out: no decision reads it. */
  #bounded<T>(digest: Digest, repository: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "over-limit") throw error;
      this.#unread.set(digest, { image: repository, subject: digest, reason: error.message });
      return undefined;
    }
  }

  #addLayer({ digest, size }: Descriptor): void {
    const added =
      this.#withLayers &&
      this.#layout.files.size(digest) !== undefined &&
      this.#copyLayer(digest, (take) => this.#layout.files.copy(digest, size, take));
    if (added) this.#counts.layers += 1;
    else this.#counts.layersLeftOut += 1;
  }

  #copyLayer(digest: Digest, copy: (take: (piece: Uint8Array) => void) => boolean): boolean {
    try {
      return this.#mirror.layers.add(digest, copy);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
      throw new EngineError("archive-corrupt", error.message, { subject: digest, cause: error });
    }
  }

  /** Referrers that the mirror already knows are kept. A list that a registry gave stays whole if there is no news. */
  #addReferrers(question: Extract<Question, { kind: "referrers" }>, list: readonly Descriptor[]): void {
    const known = this.#mirror.knowledge().recorded(question);
    const before = known?.state === "present" ? known.value : [];
    const added = list.filter(({ digest }) => !before.some((other) => other.digest === digest));
    const isWhole = known?.state === "present" && known.partial === undefined && added.length === 0;
    const { at, from } = this.#layout;
    const value = [...before, ...added];
    this.#store(question, { state: "present", value, at, from, ...(isWhole ? {} : { partial: true }) });
    this.#counts.referrers += added.length;
  }

  /** What the archive names, and neither it nor an earlier one brought. */
  #lost(): readonly SkippedEntry[] {
    return this.#layout.files.elsewhere.flatMap(({ repository, digest }) =>
      this.#mirror.knowledge().recorded({ kind: "manifest", repository, digest })?.state === "present"
        ? []
        : [{ subject: `${repository}@${digest}`, reason: "an earlier archive has it: import that one first" }],
    );
  }

  finish(): AddedLayout {
    this.#skipped.push(...this.#lost());
    const { complete } = this.#layout;
    const missing = [...this.#missing].sort();
    // A missing blob stays an open question. A missing manifest would count as absent, which the layout does not say.
    const absent = [
      ...[...this.#missingManifests].sort(),
      ...[...this.#layout.skipped, ...this.#skipped].map(({ subject, reason }) => `${subject}: ${reason}`),
    ];
    if (complete.length > 0 && absent.length > 0)
      throw new EngineError(
        "archive-incomplete",
        `the layout is said to be complete and ${absent.length} manifests that it names could not be taken: ` +
          `${absent.slice(0, 3).join(", ")}`,
        { subject: this.#layout.from },
      );
    const lacking = new Set<string>([...this.#missing, ...this.#unread.keys()]);
    const withheld = this.#claims.store(lacking);
    const problems = [...this.#layout.problems].map(
      ([subject, { message }]): SkippedEntry => ({ subject, reason: message }),
    );
    const { unread, otherTypes } = findUnread(
      this.#layout,
      [...this.#layout.repositories.values()].flatMap((repository) => [...subjectsOf(repository)]),
      this.#mirror.limits,
    );
    return {
      images: this.#layout.images().filter(({ digest }) => !this.#layout.problems.has(digest)),
      ...this.#counts,
      missing,
      skipped: [...this.#layout.skipped, ...this.#skipped, ...problems],
      plainBlobs: this.#layout.blobs,
      unread: [...this.#unread.values(), ...unread],
      otherTypes,
      complete: complete.filter((claim) => !withheld.includes(claim)),
      withheld,
      ended: this.#claims.ended(),
    };
  }
}

/** The images that signed material of a repository belongs to. */
function* subjectsOf({ repository, tags, referrers }: LayoutRepository): Iterable<Subject> {
  const digests = new Set(referrers.keys());
  for (const tag of tags.keys()) {
    const image = parseAssociatedTag(tag)?.image;
    if (image !== undefined) digests.add(image);
  }
  for (const digest of digests) yield { repository, digest };
}

/**
 * Layers of images, by media type. Signed material keeps all of its layers, whatever their media type.
 */
function imageLayers({ tags, manifests }: LayoutRepository): ReadonlySet<Digest> {
  const material = new Set(
    [...tags].filter(([tag]) => parseAssociatedTag(tag) !== undefined).map(([, { digest }]) => digest),
  );
  const layers = new Set<Digest>();
  const kept = new Set<Digest>();
  for (const [digest, manifest] of manifests) {
    for (const layer of manifest?.layers ?? [])
      (isImageLayer(layer) && !isMaterial(digest, manifest, material) ? layers : kept).add(layer.digest);
    if (manifest?.config !== undefined) kept.add(manifest.config.digest);
  }
  for (const digest of kept) layers.delete(digest);
  return layers;
}

const isMaterial = (digest: Digest, manifest: Manifest | undefined, material: ReadonlySet<Digest>): boolean =>
  manifest?.subject !== undefined || material.has(digest);

const isImageLayer = ({ mediaType }: Descriptor): boolean =>
  /^application\/vnd\.(oci\.image\.layer\.|docker\.image\.rootfs\.)/.test(mediaType);
