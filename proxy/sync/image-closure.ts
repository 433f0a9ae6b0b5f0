/**
 * All questions about one image: what the engine asks when it decides exhaustively, and everything that hangs on the
 * image, on its platforms and on what hangs there. Source: docs/spec/offline.md#sync,
 * docs/architecture.md#decide-then-ask.
 */
import { isBundleMediaType, manifestScheme } from "../../core/cosign/referrer-scheme.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Decision, Engine } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { codeRow, EngineError } from "../../core/errors.ts";
import type { Answer, Known } from "../../core/knowledge/answer.ts";
import { hold, type Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import type { Limits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { contentQuestion, readBlob, readManifest, readReferrers, readTag } from "../../core/oci/lookup.ts";
import type { Manifest } from "../../core/oci/manifest.ts";
import type { ImageReference } from "../../core/oci/reference.ts";
import type { AdmissionRequest } from "../../core/kyverno/rule/request.ts";
import { isDigest } from "../../core/crypto/digest.ts";

/** An image of a list. */
export interface SyncImage {
  /** As a Pod names it. */
  readonly text: string;
  /** The image that is asked for: that of the text, or the one that an alias says it mirrors. */
  readonly reference: ImageReference;
  /** Where the list names it. */
  readonly from: string;
  readonly expect?: "unsigned";
  readonly refresh?: "never";
  readonly children?: boolean;
}

/** What one attempt saw of an image. */
export interface Closure {
  /** Questions without an answer. */
  readonly open: readonly Question[];
  /** Every question that was read, by canonical text. */
  readonly read: ReadonlyMap<string, Question>;
  /** Absent: it is not known, or the source has no such image. */
  readonly digest?: Digest;
  /** The source said that there is no such tag or manifest. */
  readonly absent: boolean;
  /** Content that is larger than what is kept, and what cannot be read. */
  readonly faults: readonly EngineError[];
  /** Layers of the image and of its platforms. */
  readonly layers: readonly { readonly repository: string; readonly descriptor: Descriptor }[];
  /** The exhaustive decision about the image itself. */
  readonly decision: Decision | undefined;
}

export interface ClosureOptions {
  /** Absent: no policies; then what hangs on the image is asked for in its own repository. */
  readonly engine?: Engine | undefined;
  /** What values say to every request. */
  readonly values?: Partial<AdmissionRequest> | undefined;
  readonly limits: Limits;
  /** Configurations are fetched, and layers are named. */
  readonly withLayers?: boolean;
}

/** A Pod that runs the image and is nothing else. */
export const podWith = (image: string, values: Partial<AdmissionRequest> = {}): AdmissionRequest => ({
  ...requestFor({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "image", namespace: "default" },
    spec: { containers: [{ name: "image", image }] },
  } satisfies JsonObject),
  ...values,
});

interface Node {
  readonly text: string;
  readonly digest: Digest;
  readonly depth: number;
  /** The image of the list or one of its platforms, not what hangs on them. */
  readonly isImage: boolean;
}

const tagKinds = ["signature", "attestation", "sbom"] as const;

/** Reads as far as the knowledge goes, and again when it grows. Nodes without open questions are not decided again. */
export class ImageClosure {
  readonly #image: SyncImage;
  readonly #options: ClosureOptions;
  readonly #done = new Map<string, ReadonlyMap<string, Question>>();
  readonly #visits = new Map<Digest, Visit>();
  /** Of {@link gather}: without what decisions read. */
  readonly #gathered = new Map<Digest, Visit>();
  readonly #content = new Map<string, unknown>();
  #decision: Decision | undefined;

  constructor(image: SyncImage, options: ClosureOptions) {
    this.#image = image;
    this.#options = options;
  }

  attempt(knowledge: Knowledge, now: Date): Closure {
    return this.#walk(knowledge, now, this.#options, this.#visits);
  }

  /** What hangs on the image, undecided: a decision that lacks a part of it would be made again when that is here. */
  gather(knowledge: Knowledge, now: Date): Closure {
    return this.#walk(knowledge, now, { ...this.#options, engine: undefined }, this.#gathered);
  }

  #walk(knowledge: Knowledge, now: Date, options: ClosureOptions, visits: Map<Digest, Visit>): Closure {
    return new Walk(this.#image, options, knowledge, now, {
      done: this.#done,
      visits,
      content: this.#content,
      get: () => this.#decision,
      set: (decision) => {
        this.#decision = decision;
      },
    }).closure();
  }
}

/** What a node was found to have when nothing of it was open: an answer does not change during a run. */
interface Visit {
  readonly node: Node;
  readonly read: ReadonlyMap<string, Question>;
  readonly nodes: readonly Pick<Node, "digest" | "depth" | "isImage">[];
  readonly layers: Closure["layers"];
}

/** What attempts at the same image tell each other. */
interface Kept {
  /** What was read of decisions with nothing open, by their texts. */
  readonly done: Map<string, ReadonlyMap<string, Question>>;
  readonly visits: Map<Digest, Visit>;
  /** What was read of content, by the text of its question. A digest names one content, which is read once. */
  readonly content: Map<string, unknown>;
  get(): Decision | undefined;
  set(decision: Decision): void;
}

class Walk {
  readonly #image: SyncImage;
  readonly #options: ClosureOptions;
  readonly #knowledge: Knowledge;
  readonly #now: Date;
  readonly #kept: Kept;
  readonly #repository: string;
  #read = new Map<string, Question>();
  readonly #open = new Map<string, Question>();
  #found: Pick<Node, "digest" | "depth" | "isImage">[] = [];
  readonly #faults: EngineError[] = [];
  readonly #layers: { readonly repository: string; readonly descriptor: Descriptor }[] = [];
  readonly #seen = new Set<Digest>();
  readonly #queue: Node[] = [];

  constructor(image: SyncImage, options: ClosureOptions, knowledge: Knowledge, now: Date, kept: Kept) {
    this.#image = image;
    this.#options = options;
    this.#knowledge = knowledge;
    this.#now = now;
    this.#kept = kept;
    this.#repository = image.reference.fetchRepository;
  }

  closure(): Closure {
    const found = this.#resolve();
    this.#decide(this.#image.text, true);
    if (found.digest !== undefined) this.#add(found.digest, { depth: 0, isImage: true });
    for (let at = 0; at < this.#queue.length; at++) this.#visit(this.#queue[at] as Node);
    return {
      open: [...this.#open.values()],
      read: this.#read,
      faults: this.#faults,
      decision: this.#kept.get(),
      layers: this.#layers,
      absent: found.absent || this.#isAbsent(found.digest),
      ...(found.digest === undefined ? {} : { digest: found.digest }),
    };
  }

  #resolve(): { readonly digest?: Digest; readonly absent: boolean } {
    const { digest, tag = "" } = this.#image.reference;
    if (digest !== undefined) return isDigest(digest) ? { digest, absent: false } : this.#fault(digest);
    const found = this.#tag(tag);
    if (found?.state === "present") return { digest: found.value.digest, absent: false };
    return { absent: found?.state === "absent" };
  }

  #fault(digest: string): { readonly absent: boolean } {
    this.#faults.push(new EngineError("unsupported", "only sha256 digests are supported", { subject: digest }));
    return { absent: false };
  }

  #isAbsent(digest: Digest | undefined): boolean {
    if (digest === undefined) return false;
    const question = { kind: "manifest", repository: this.#repository, digest } as const;
    if (this.#kept.content.has(questionText(question))) return false;
    return this.#knowledge.answer(question)?.state === "absent";
  }

  /** Nodes of one digest are one. Too many of them, or too deep ones, are a fault of whoever pushed them. */
  #add(digest: Digest, { depth, isImage }: Pick<Node, "depth" | "isImage">): void {
    this.#found.push({ digest, depth, isImage });
    if (this.#seen.has(digest)) return;
    const { attachedDepth, attachedPerImage } = this.#options.limits;
    const subject = `${this.#repository}@${digest}`;
    if (depth > attachedDepth || this.#seen.size >= attachedPerImage) {
      const what =
        depth > attachedDepth ? `more than ${attachedDepth} deep` : `more than ${attachedPerImage} manifests`;
      if (!this.#faults.some(({ code }) => code === "over-limit"))
        this.#faults.push(
          new EngineError("over-limit", `the signatures and other referrers of the image are ${what}`, { subject }),
        );
      return;
    }
    this.#seen.add(digest);
    this.#queue.push({ text: `${this.#image.reference.repository}@${digest}`, digest, depth, isImage });
  }

  #visit(node: Node): void {
    const { digest, depth, isImage } = node;
    const { visits } = this.#kept;
    const before = visits.get(digest);
    if (before?.node.depth === depth && before.node.isImage === isImage) {
      for (const [name, question] of before.read) this.#read.set(name, question);
      for (const { digest: found, ...rest } of before.nodes) this.#add(found, rest);
      this.#layers.push(...before.layers);
      return;
    }
    const all = this.#read;
    const [faults, layers, open] = [this.#faults.length, this.#layers.length, new Set(this.#open.keys())];
    [this.#read, this.#found] = [new Map(), []];
    this.#look(node);
    const read = this.#read;
    // What another node left open may be open here, too.
    const isDone = this.#open.size === open.size && ![...read.keys()].some((text) => open.has(text));
    if (isDone && this.#faults.length === faults)
      visits.set(digest, { node, read, nodes: this.#found, layers: this.#layers.slice(layers) });
    for (const [name, question] of read) all.set(name, question);
    this.#read = all;
  }

  #look(node: Node): void {
    const { digest, isImage } = node;
    this.#decide(node.text, false);
    const repository = this.#repository;
    const manifest = this.#manifest(digest);
    if (isImage && manifest !== undefined) this.#parts(manifest, node);
    for (const kind of tagKinds) {
      const tagged = this.#tag(associatedTag(digest, kind));
      if (tagged?.state === "present") this.#attached(tagged.value.digest, node, () => true);
    }
    const { limits } = this.#options;
    const rest = { kind: "referrers", repository, digest } as const;
    const listed = this.#recorded(rest, (knowledge) => readReferrers(knowledge, repository, digest, limits));
    if (listed?.state !== "present") return;
    if (listed.partial !== undefined) this.#open.set(questionText(rest), rest);
    for (const referrer of listed.value) this.#attached(referrer.digest, node, isSignedMaterial, referrer.size);
  }

  /** Platforms of an index; of an image, what is needed to run it. */
  #parts({ kind, manifests, config, layers }: Manifest, { depth }: Node): void {
    if (kind === "index" && this.#image.children !== false)
      for (const child of manifests) this.#add(child.digest, { depth: depth + 1, isImage: true });
    if (this.#options.withLayers !== true) return;
    for (const descriptor of layers) this.#layers.push({ repository: this.#repository, descriptor });
    const { blobBytes } = this.#options.limits;
    if (config !== undefined && config.size <= blobBytes) this.#blob(config);
  }

  /** What hangs on a node is a node, too. Its layers are fetched if decisions can need them: signatures, SBOMs. */
  #attached(digest: Digest, { depth }: Node, wants: (manifest: Manifest) => boolean, stated?: number): void {
    const manifest = this.#manifest(digest, stated);
    this.#add(digest, { depth: depth + 1, isImage: false });
    if (manifest === undefined || !wants(manifest)) return;
    const { blobBytes } = this.#options.limits;
    for (const layer of manifest.layers)
      if (layer.size <= blobBytes) this.#blob(layer);
      else this.#faults.push(tooLarge(layer, blobBytes));
  }

  #tag(tag: string): Known<Descriptor> | undefined {
    const repository = this.#repository;
    return this.#recorded({ kind: "tag", repository, tag }, (knowledge) => readTag(knowledge, repository, tag));
  }

  #manifest(digest: Digest, stated?: number): Manifest | undefined {
    const [repository, { limits }] = [this.#repository, this.#options];
    return this.#content(contentQuestion("manifest", repository, digest, stated), (knowledge) => {
      const found = readManifest(knowledge, repository, digest, limits, stated);
      return found.state === "present" ? found.value.manifest : undefined;
    });
  }

  #blob({ digest, size }: Descriptor): void {
    const [repository, { blobBytes }] = [this.#repository, this.#options.limits];
    this.#content(
      contentQuestion("blob", repository, digest, size),
      (knowledge) => readBlob(knowledge, repository, digest, blobBytes, size).state === "present" || undefined,
    );
  }

  /** What `read` makes of a content: once, where it is there. */
  #content<Found>(question: Question, read: (knowledge: Knowledge) => Found | undefined): Found | undefined {
    const text = questionText(question);
    const { content } = this.#kept;
    const held = content.get(text);
    if (held !== undefined) {
      this.#read.set(text, question);
      return held as Found;
    }
    const found = this.#recorded(question, read);
    if (found !== undefined) content.set(text, found);
    return found;
  }

  #decide(text: string, isListed: boolean): void {
    const { engine, values } = this.#options;
    if (engine === undefined) return;
    const key = `decide ${text}`;
    const done = this.#kept.done.get(key);
    if (done !== undefined) {
      for (const [name, question] of done) this.#read.set(name, question);
      return;
    }
    const recorded = new Noting(this.#knowledge);
    const decision = engine.decide(podWith(text, values), recorded, this.#now, { exhaustive: true });
    for (const [name, question] of recorded.read) this.#read.set(name, question);
    for (const question of decision.open) this.#open.set(questionText(question), question);
    if (isListed) this.#kept.set(decision);
    if (decision.open.length === 0) this.#kept.done.set(key, recorded.read);
  }

  /**
   * What a reading finds; what is open or cannot be read is noted. An open question is no error here: a sync begins
   * with nothing else.
   */
  #recorded<Found>(question: Question, read: (knowledge: Knowledge) => Found): Found | undefined {
    const text = questionText(question);
    this.#read.set(text, question);
    try {
      const answer: Answer | undefined = this.#knowledge.answer(question);
      if (answer !== undefined && answer.state !== "unavailable") return read({ answer: () => answer as never });
      this.#open.set(text, question);
    } catch (error) {
      if (!(error instanceof EngineError) || codeRow(error.code).truth === "store") throw error;
      if (error.code !== "malformed") this.#faults.push(error);
    }
    return undefined;
  }
}

/** Knowledge that notes what is asked of it, and passes everything on. */
class Noting implements Knowledge {
  readonly read = new Map<string, Question>();
  readonly #source: Knowledge;

  constructor(source: Knowledge) {
    this.#source = source;
  }

  answer<Q extends Question>(question: Q) {
    this.read.set(questionText(question), question);
    return this.#source.answer(question);
  }

  state() {
    return this.#source.state?.() ?? {};
  }

  claims(question: Question) {
    return this.#source.claims?.(question) ?? [];
  }

  facts(scope: string) {
    return this.#source.facts?.(scope) ?? [];
  }

  hold(): () => void {
    return hold(this.#source);
  }
}

/** Signatures, attestations, bundles and SBOMs. Other referrers may be as large as images. */
const isSignedMaterial = (manifest: Manifest): boolean =>
  manifestScheme(manifest, "signature") !== undefined ||
  manifestScheme(manifest, "attestation") !== undefined ||
  manifest.layers.some(({ mediaType }) => isBundleMediaType(mediaType) || sbomType.test(mediaType)) ||
  sbomType.test(manifest.artifactType ?? "");

const sbomType = /spdx|cyclonedx|sbom|syft/i;

const tooLarge = ({ digest, size }: Descriptor, most: number): EngineError =>
  new EngineError("over-limit", `${size} bytes, at most ${most} are kept`, { subject: digest });
