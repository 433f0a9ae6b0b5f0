/**
 * Finds the candidates for an image in all layouts: cosign's tag, artifact referrers, bundle referrers. Finding trusts
 * nothing. Source: cosign signature specification, OCI distribution 1.1 (docs/spec/sigstore.md#tag-layout,
 * #artifact-referrers, #bundle-referrers; docs/spec/outcomes.md#layouts).
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { openQuestions, openRest } from "../knowledge/ask.ts";
import { declaredPredicateType } from "../dsse/declared-type.ts";
import { cosignSignPredicateType } from "../dsse/predicate-types.ts";
import { associatedTag } from "../oci/associated-tag.ts";
import { readBlob, readManifest, readReferrers, readTag, requireContent, requireSize } from "../oci/lookup.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { Digest } from "../crypto/digest.ts";
import type { Answer } from "../knowledge/answer.ts";
import { claimOf, type CompletenessClaim } from "../knowledge/completeness-claim.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import type { Question } from "../knowledge/question.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { type Failure, toFailure } from "../verdict.ts";
import { parseBundle } from "./bundle.ts";
import { isBundleMediaType, manifestScheme, predicateTypeAnnotation, referrerScheme } from "./referrer-scheme.ts";
import type { EntityPurpose, SignedEntity } from "./signed-entity.ts";
import { bundleEntity, readBundleContent } from "./signed-entity-bundle.ts";
import { layerEntity } from "./signed-entity-layer.ts";

export interface SearchOptions {
  /**
   * `host/path` where signatures of the image are kept, tags and referrers alike; absent: the image's own repository.
   */
  readonly signatureRepository?: string | undefined;
  readonly layouts: "all" | "bundles";
  readonly purpose: EntityPurpose;
  /** Of attestations: the type that is looked for. All are found, but a failure of another is no news. */
  readonly predicateType?: string | undefined;
}

/**
 * What was found. `failures` are siblings that could not be read and layouts without an answer; neither affects a good
 * candidate. `open` are the questions whose answers could bring more. `others` are the predicate types of what was
 * met and is not looked for. `claims` are those by which a layout is known to hold nothing, `saidNone` are those who
 * said so when they were asked.
 */
export interface EntitySearch {
  readonly entities: readonly SignedEntity[];
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
  readonly others: ReadonlySet<string>;
  readonly claims: readonly CompletenessClaim[];
  readonly saidNone: readonly string[];
}

/** Stage of failures before any candidate stood: behind nothing. */
const findingStage = 0;

/** The candidates for an image. Never throws for what is found or missing. */
export function findSignedEntities(
  image: { readonly repository: string; readonly digest: Digest },
  options: SearchOptions,
  knowledge: Knowledge,
  limits: Limits,
): EntitySearch {
  const search = new Search(image.digest, options.signatureRepository ?? image.repository, options, knowledge, limits);
  if (options.layouts === "all") search.tag();
  search.referrers(options.layouts === "all");
  return search;
}

/** What a referrer says of itself, as far as it was read: in the list, then in its manifest. */
interface Said {
  annotations?: Readonly<Record<string, string>> | undefined;
  own?: Readonly<Record<string, string>>;
  bytes?: Uint8Array;
}

class Search implements EntitySearch {
  readonly entities: SignedEntity[] = [];
  readonly failures: Failure[] = [];
  readonly open: Question[] = [];
  readonly others = new Set<string>();
  readonly claims: CompletenessClaim[] = [];
  readonly saidNone: string[] = [];
  readonly #digest: Digest;
  readonly #repository: string;
  readonly #purpose: EntityPurpose;
  /** The predicate type of the bundles that are looked for. */
  readonly #wanted: string | undefined;
  readonly #knowledge: Knowledge;
  readonly #limits: Limits;
  #bytes = 0;

  constructor(
    digest: Digest,
    repository: string,
    { purpose, predicateType }: SearchOptions,
    knowledge: Knowledge,
    limits: Limits,
  ) {
    this.#digest = digest;
    this.#repository = repository;
    this.#purpose = purpose;
    this.#wanted = purpose === "signature" ? cosignSignPredicateType : predicateType;
    this.#knowledge = knowledge;
    this.#limits = limits;
  }

  tag(): void {
    const tag = associatedTag(this.#digest, this.#purpose);
    this.#attempt(`tag ${tag}`, () => {
      const found = readTag(this.#knowledge, this.#repository, tag);
      this.#note(found);
      if (found.state === "present") this.#layers(found.value.digest, this.#manifest(found.value.digest), tag);
    });
  }

  referrers(artifacts: boolean): void {
    this.#attempt("referrers", () => {
      const seen = new Set<Digest>();
      const found = readReferrers(this.#knowledge, this.#repository, this.#digest, this.#limits);
      this.#note(found);
      const listed = found.state === "present" ? found.value : [];
      const claims = ({ artifactType = "" }: Descriptor) => referrerScheme(artifactType, this.#purpose) !== undefined;
      // Those that are listed as what is looked for come first: others must not use up the bounds before them.
      for (const claimed of [true, false])
        for (const descriptor of listed.filter((entry) => claims(entry) === claimed)) {
          if (seen.has(descriptor.digest)) continue;
          seen.add(descriptor.digest);
          const said: Said = { annotations: descriptor.annotations };
          this.#attempt(descriptor.digest, () =>
            this.#unlessOther(said, () => this.#referrer(descriptor, claimed, artifacts, said)),
          );
        }
      if (found.state === "present" && found.partial !== undefined)
        throw openRest({ kind: "referrers", repository: this.#repository, digest: this.#digest }, found.partial);
    });
  }

  #note(found: Answer): void {
    const claim = claimOf(found);
    const isKnown = ({ scope, from }: CompletenessClaim): boolean => scope === claim?.scope && from === claim.from;
    if (claim !== undefined && !this.claims.some(isKnown)) this.claims.push(claim);
    if (claim === undefined && found.state === "absent" && !this.saidNone.includes(found.from))
      this.saidNone.push(found.from);
  }

  /** The manifest itself decides: fallback lists of older clients have the type of its configuration. */
  #referrer(descriptor: Descriptor, claimed: boolean, artifacts: boolean, said: Said): void {
    const manifest = claimed ? this.#listed(descriptor) : this.#manifestOfOther(descriptor);
    if (manifest === undefined) return;
    said.own = manifest.annotations;
    const scheme = manifestScheme(manifest, this.#purpose);
    if (scheme === undefined || (scheme === "artifact" && !artifacts)) return;
    const subject = manifest.subject?.digest;
    if (subject !== this.#digest)
      throw new EngineError(
        "wrong-digest",
        subject === undefined
          ? "listed as a referrer, and refers to nothing"
          : `listed as a referrer, and refers to ${subject}`,
        { subject: descriptor.digest },
      );
    if (scheme === "artifact") this.#layers(descriptor.digest, manifest);
    else this.#bundle(descriptor.digest, manifest, said);
  }

  #layers(manifestDigest: Digest, manifest: Manifest, tag?: string): void {
    if (manifest.kind !== "manifest")
      throw new EngineError("malformed", "an index where a signature manifest is expected", {
        subject: manifestDigest,
      });
    manifest.layers.forEach((descriptor, index) => {
      // A layer over the limit is refused unread. Any other must have the stated size.
      if (descriptor.size <= this.#limits.blobBytes) this.#spend(descriptor.size);
      this.#add(
        layerEntity({
          purpose: this.#purpose,
          layout: tag === undefined ? "artifact" : "tag",
          repository: this.#repository,
          ...(tag === undefined ? {} : { tag }),
          manifest: manifestDigest,
          index,
          descriptor,
          knowledge: this.#knowledge,
          limits: this.#limits,
        }),
      );
    });
  }

  #bundle(manifestDigest: Digest, manifest: Manifest, said: Said): void {
    const [layer] = manifest.layers;
    if (layer === undefined || manifest.layers.length !== 1)
      throw new EngineError("malformed", `${manifest.layers.length} layers where a bundle is exactly one`, {
        subject: manifestDigest,
      });
    if (!isBundleMediaType(layer.mediaType))
      throw new EngineError(
        "malformed",
        `a layer of type ${JSON.stringify(layer.mediaType)} where a bundle is expected`,
        { subject: manifestDigest },
      );
    const maxBytes = this.#limits.bundleBytes;
    if (layer.size > maxBytes)
      throw new EngineError("over-limit", `a bundle of ${layer.size} bytes, at most ${maxBytes} are read`, {
        subject: layer.digest,
      });
    this.#spend(layer.size);
    const bytes = requireContent(
      readBlob(this.#knowledge, this.#repository, layer.digest, maxBytes, layer.size),
      this.#absent,
      layer.digest,
    );
    said.bytes = bytes;
    requireSize(bytes, layer);
    if (isCompressed(bytes))
      throw new EngineError("malformed", "a compressed bundle: only the JSON itself is read", {
        subject: layer.digest,
      });
    const bundle = parseBundle(bytes, this.#limits);
    if (!bundle.version.startsWith("0.3"))
      throw new EngineError("malformed", `bundle version ${bundle.version}: a registry keeps 0.3 or later`, {
        subject: layer.digest,
      });
    const entity = bundleEntity(
      bundle,
      { layout: "bundle", digest: layer.digest, repository: this.#repository, manifest: manifestDigest, layer: 0 },
      readBundleContent(bundle, this.#limits),
    );
    if (entity.purpose === this.#purpose) this.#add(entity);
    else this.#meetOthers(entity.declaredTypes());
  }

  /** That a referrer of another type cannot be read is no news to those who do not look for it. */
  #unlessOther(said: Said, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "malformed" || this.#wanted === undefined) throw error;
      const within = said.bytes === undefined ? undefined : declaredPredicateType(said.bytes, this.#limits);
      const declared = [
        within ?? "",
        said.own?.[predicateTypeAnnotation] ?? said.annotations?.[predicateTypeAnnotation] ?? "",
      ].filter((type) => type !== "");
      if (declared.length === 0 || declared.includes(this.#wanted)) throw error;
      this.#meetOthers(declared);
    }
  }

  #meetOthers(types: readonly string[]): void {
    for (const type of types) if (type !== cosignSignPredicateType) this.others.add(type);
  }

  get #absent(): "no-signature" | "no-attestation" {
    return this.#purpose === "signature" ? "no-signature" : "no-attestation";
  }

  /** A manifest that is listed as something else and does not read, or is not there, is that something else. */
  #manifestOfOther(descriptor: Descriptor): Manifest | undefined {
    try {
      return this.#listed(descriptor);
    } catch (error) {
      if (error instanceof EngineError && (error.code === "malformed" || error.code === this.#absent)) return undefined;
      throw error;
    }
  }

  /** What is still to be fetched counts as what is here: all that is listed is asked for at once. */
  #listed({ digest, size }: Descriptor): Manifest {
    try {
      return this.#manifest(digest, size);
    } catch (error) {
      if (error instanceof EngineError && openQuestions(error).length > 0)
        this.#spend(Math.min(size, this.#limits.manifestBytes));
      throw error;
    }
  }

  #manifest(digest: Digest, stated?: number): Manifest {
    const { bytes, manifest } = requireContent(
      readManifest(this.#knowledge, this.#repository, digest, this.#limits, stated),
      this.#absent,
      digest,
    );
    this.#spend(bytes.length);
    return manifest;
  }

  /** One large blob may be named a thousand times, and is read as often. */
  #spend(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.signatureBytesPerImage)
      throw new EngineError("over-limit", `more than ${this.#limits.signatureBytesPerImage} bytes of candidates`, {
        subject: `${this.#repository}@${this.#digest}`,
      });
  }

  #add(entity: SignedEntity): void {
    if (this.entities.length >= this.#limits.signaturesPerImage)
      throw new EngineError("over-limit", `more than ${this.#limits.signaturesPerImage} candidates`, {
        subject: `${this.#repository}@${this.#digest}`,
      });
    this.entities.push(entity);
  }

  /** Keeps what `run` throws as a failure of the sibling or layout that `subject` names. */
  #attempt(subject: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const open = openQuestions(error);
      const [question] = open;
      const check = question === undefined ? "entity.find" : `question.${question.kind}`;
      this.failures.push({
        ...toFailure(error, check, findingStage),
        subject: question === undefined ? subject : (error.subject ?? subject),
      });
      this.open.push(...open);
    }
  }
}

/** gzip and Zstandard by their first bytes. */
const isCompressed = (bytes: Uint8Array): boolean =>
  (bytes[0] === 0x1f && bytes[1] === 0x8b) ||
  (bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd);
