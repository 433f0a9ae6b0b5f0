/**
 * Bringing an OCI layout into the mirror, whole or not at all; what it lacks is said. Source:
 * docs/spec/offline.md#completeness, docs/spec/outcomes.md#truth-of-a-code.
 */
import { EngineError } from "../../core/errors.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Question } from "../../core/knowledge/question.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import type { Manifest } from "../../core/oci/manifest.ts";
import type { LayoutRepository } from "./layout-repositories.ts";
import { type LayoutKnowledge, openLayout } from "./oci-layout.ts";
import type { Mirror } from "../mirror/mirror.ts";
import type { MirrorWriter } from "../mirror/mirror-writer.ts";

export interface AddLayoutOptions {
  /** The repository of images that the layout does not name. */
  readonly repository?: string;
  /** The tag of the one image that has no name. */
  readonly tag?: string;
  /**
   * `true`: the mirror then holds everything of the layout's repositories; or the hosts and repositories of which it
   * does.
   */
  readonly complete?: boolean | readonly string[];
  /** Image layers too. No decision reads them; a registry serves them. */
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
  /** Image layers copied, and those left where they are. */
  readonly layers: number;
  readonly layersLeftOut: number;
  /** Content that manifests name and the layout does not hold, image layers aside. */
  readonly missing: readonly Digest[];
  readonly complete: readonly string[];
}

/**
 * Adds everything of a layout folder.
 * @throws EngineError as `openLayout`; `archive-corrupt` when any manifest does not read or any blob has another
 * digest; `archive-incomplete` when completeness is claimed for a layout that lacks manifests which it names;
 * `over-limit`. Whatever is thrown, the mirror is as before.
 */
export function addLayout(mirror: Mirror, folder: string, options: AddLayoutOptions = {}): AddedLayout {
  const layout = openLayout(folder, { ...options, limits: mirror.limits });
  for (const [digest, error] of layout.problems)
    throw new EngineError("archive-corrupt", `a manifest of the layout does not read: ${error.message}`, {
      subject: digest,
      cause: error,
    });
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
  readonly #missingManifests = new Set<Digest>();
  readonly #counts = { tags: 0, manifests: 0, blobs: 0, referrers: 0, layers: 0, layersLeftOut: 0 };

  constructor(mirror: Mirror, writer: MirrorWriter, layout: LayoutKnowledge, withLayers: boolean) {
    this.#mirror = mirror;
    this.#writer = writer;
    this.#layout = layout;
    this.#withLayers = withLayers;
  }

  add(contents: LayoutRepository): void {
    const { repository, tags, manifests, referrers } = contents;
    for (const [tag, value] of tags) {
      this.#present({ kind: "tag", repository, tag }, value);
      this.#counts.tags += 1;
    }
    for (const digest of manifests.keys())
      if (this.#copy({ kind: "manifest", repository, digest })) this.#counts.manifests += 1;
    const layers = imageLayers(contents);
    for (const digest of contents.blobs.keys()) {
      if (layers.has(digest)) this.#addLayer(digest);
      else if (this.#copy({ kind: "blob", repository, digest })) this.#counts.blobs += 1;
    }
    for (const [digest, list] of referrers) this.#addReferrers({ kind: "referrers", repository, digest }, list);
  }

  #present(question: Question, value: unknown): void {
    this.#writer.setAnswer(question, { state: "present", value, at: this.#layout.at, from: this.#layout.from });
  }

  /** Takes content over as the layout answers for it; what it does not hold stays a question. */
  #copy(question: Extract<Question, { kind: "manifest" | "blob" }>): boolean {
    const answer = this.#layout.answer(question);
    if (answer?.state === "present") this.#writer.setAnswer(question, answer);
    else {
      this.#missing.add(question.digest);
      if (question.kind === "manifest") this.#missingManifests.add(question.digest);
    }
    return answer?.state === "present";
  }

  #addLayer(digest: Digest): void {
    if (!this.#withLayers || !this.#layout.files.has(digest)) this.#counts.layersLeftOut += 1;
    else {
      this.#mirror.layers.add(digest, this.#layout.files.path(digest));
      this.#counts.layers += 1;
    }
  }

  /** What the mirror already knows to refer to the image stays known. */
  #addReferrers(question: Extract<Question, { kind: "referrers" }>, list: readonly Descriptor[]): void {
    const known = this.#mirror.knowledge().answer(question);
    const before = known?.state === "present" ? known.value : [];
    const added = list.filter(({ digest }) => !before.some((other) => other.digest === digest));
    this.#present(question, [...before, ...added]);
    this.#counts.referrers += added.length;
  }

  finish(): AddedLayout {
    const complete = this.#layout.scopes;
    const missing = [...this.#missing].sort();
    // A blob that is not here stays a question; a manifest would read as absent, which nobody said.
    const absent = missing.filter((digest) => this.#missingManifests.has(digest));
    if (complete.length > 0 && absent.length > 0) {
      throw new EngineError(
        "archive-incomplete",
        `the layout is said to be complete and lacks ${absent.length} manifests that it names: ` +
          `${absent.slice(0, 3).join(", ")}`,
        { subject: this.#layout.from },
      );
    }
    for (const scope of complete) this.#writer.setComplete(scope, { at: this.#layout.at, from: this.#layout.from });
    return { images: this.#layout.images(), ...this.#counts, missing, complete };
  }
}

/**
 * Layers of images, by media type; what stands for signed material keeps all of its layers, whatever they call
 * themselves.
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
