/**
 * What hangs on an image, as the sources have it: nothing is verified, and nothing is trusted by it. Source:
 * docs/spec/sigstore.md#tag-layout, #artifact-referrers, #bundle-referrers.
 */
import { isBundleMediaType, predicateTypeAnnotation, referrerClaim } from "../core/cosign/referrer-scheme.ts";
import type { Digest } from "../core/crypto/digest.ts";
import { codedText, EngineError } from "../core/errors.ts";
import type { Known } from "../core/knowledge/answer.ts";
import { openQuestions } from "../core/knowledge/ask.ts";
import type { Knowledge } from "../core/knowledge/knowledge.ts";
import type { Limits } from "../core/limits.ts";
import { type AssociatedKind, associatedTag } from "../core/oci/associated-tag.ts";
import type { Descriptor } from "../core/oci/descriptor.ts";
import type { Manifest } from "../core/oci/manifest.ts";
import { readBlob, readManifest, readReferrers, readTag, requireContent } from "../core/oci/lookup.ts";

/** `bundle`: a Sigstore bundle; only its content tells what it holds. */
export type AttachedKind = "signature" | "attestation" | "sbom" | "bundle" | "other";

/** A manifest beside the image. */
export interface Attached {
  readonly kind: AttachedKind;
  /** Of cosign's tag layout; absent: a referrer. */
  readonly tag?: string;
  readonly digest: Digest;
  readonly artifactType?: string;
  /** What it says of itself. */
  readonly predicateType?: string;
  readonly layers: readonly Descriptor[];
  /** Why its layers are not known. */
  readonly problem?: string;
}

export interface AttachedToImage {
  readonly attached: readonly Attached[];
  /** Places that were never asked: something may be there. */
  readonly unasked: readonly AttachedPlace[];
}

export type AttachedPlace = "signature tag" | "attestation tag" | "SBOM tag" | "referrers";

interface Place {
  readonly repository: string;
  readonly knowledge: Knowledge;
  readonly limits: Limits;
}

const tagPlaces = {
  signature: "signature tag",
  attestation: "attestation tag",
  sbom: "SBOM tag",
} as const satisfies Partial<Record<AssociatedKind, AttachedPlace>>;
const tagKinds = ["signature", "attestation", "sbom"] as const;

/** Everything that is known to hang on the image: cosign's tags in order, then referrers as listed. */
export function readAttached(digest: Digest, place: Place): AttachedToImage {
  const { repository, knowledge, limits } = place;
  const unasked: AttachedPlace[] = [];
  const known = <T>(at: AttachedPlace, read: () => Known<T>): T | undefined => {
    try {
      const found = read();
      return found.state === "present" ? found.value : undefined;
    } catch (error) {
      if (!(error instanceof EngineError) || openQuestions(error).length === 0) throw error;
      unasked.push(at);
      return undefined;
    }
  };
  const tagged = tagKinds.flatMap((kind): readonly Attached[] => {
    const tag = associatedTag(digest, kind);
    const found = known(tagPlaces[kind], () => readTag(knowledge, repository, tag));
    return found === undefined ? [] : [{ kind, tag, digest: found.digest, ...layersOf(found.digest, place) }];
  });
  const referrers = known("referrers", () => readReferrers(knowledge, repository, digest, limits)) ?? [];
  return { attached: [...tagged, ...referrers.map((one) => referrer(one, place))], unasked };
}

type Layers = Pick<Attached, "layers" | "problem">;

function layersOf(digest: Digest, place: Place): Layers {
  const { manifest, problem } = manifestOf(digest, place);
  return { layers: manifest?.layers ?? [], ...(problem === undefined ? {} : { problem }) };
}

function manifestOf(
  digest: Digest,
  { repository, knowledge, limits }: Place,
): { readonly manifest?: Manifest; readonly problem?: string } {
  try {
    const { manifest } = requireContent(readManifest(knowledge, repository, digest, limits), "malformed", digest);
    return { manifest };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { problem: codedText(error) };
  }
}

function referrer(listed: Descriptor, place: Place): Attached {
  const { manifest, problem } = manifestOf(listed.digest, place);
  const layers = manifest?.layers ?? [];
  const artifactType = listed.artifactType ?? manifest?.artifactType;
  const predicateType = manifest?.annotations[predicateTypeAnnotation] ?? listed.annotations?.[predicateTypeAnnotation];
  const isBundle = [artifactType ?? "", ...layers.map(({ mediaType }) => mediaType)].some(isBundleMediaType);
  const purpose = referrerClaim(listed, manifest)?.purpose ?? "other";
  return {
    kind: isBundle || purpose === "unknown" ? "bundle" : purpose,
    digest: listed.digest,
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(predicateType === undefined ? {} : { predicateType }),
    layers,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The bytes of a layer. @throws EngineError where they are not known, or not what the layer names. */
export function readLayer({ digest }: Descriptor, { repository, knowledge, limits }: Place): Uint8Array {
  return requireContent(readBlob(knowledge, repository, digest, limits.blobBytes), "malformed", digest);
}
