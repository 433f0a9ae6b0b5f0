/**
 * From an image reference to the digest that is verified, once. Source:
 * docs/spec/sigstore.md#the-digest-that-is-verified.
 */
import type { ImageReference } from "../../oci/reference.ts";
import { type Digest, isDigest } from "../../crypto/digest.ts";
import { EngineError } from "../../errors.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import { claimOf, claimWords } from "../../knowledge/completeness-claim.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { failed, proven, toFailure, type Verification } from "../../verdict.ts";
import { readJudgedTag, type StaleTags } from "../rule/stale-tag.ts";

/** A digest; and of a tag, who said that it has this one. */
export interface ResolvedDigest {
  readonly digest: Digest;
  readonly tagFrom?: string;
}

/**
 * The digest of an image reference: its own, else the one that its tag resolves to. Refuted with `image-not-found` if
 * the source said that there is no such tag; unknown without an answer. Without `stale` an earlier answer is as good
 * as a new one.
 */
export function resolveDigest(
  image: ImageReference,
  knowledge: Knowledge,
  stale?: StaleTags,
): Verification<ResolvedDigest> {
  if (image.digest !== undefined) {
    if (isDigest(image.digest)) return proven({ digest: image.digest });
    return failed({
      check: "image.digest",
      code: "malformed",
      reason: "signatures are looked up by sha256 digests only",
      subject: image.canonical,
      stage: 0,
    });
  }
  try {
    const found = readJudgedTag(image, knowledge, stale);
    if (found.state === "present") return proven({ digest: found.value.digest, tagFrom: found.from });
    const claim = claimOf(found);
    const said = `${found.from} said at ${found.at} that ${image.canonical} does not exist`;
    return failed({
      check: "image.tag",
      code: "image-not-found",
      reason: claim === undefined ? said : `${image.canonical} does not exist (${claimWords(claim)})`,
      subject: image.canonical,
      ...(claim === undefined ? {} : { claim }),
      stage: 0,
    });
  } catch (error) {
    const open = error instanceof EngineError ? openQuestions(error) : [];
    if (!(error instanceof EngineError) || open.length === 0) throw error;
    const failure = toFailure(error, "image.tag", 0);
    // The address that failed says more than the image, which the sentence names.
    const isAddress = /^https?:\/\//.test(failure.subject ?? "");
    return failed(isAddress ? failure : { ...failure, subject: image.canonical }, open);
  }
}

/** As sources of several answers are written. */
const saidBy = (sources: readonly string[]) =>
  sources.length === 0 ? {} : { tagFrom: [...new Set(sources)].join(", ") };

export interface MirroredImage {
  /** What a node pulls. */
  readonly physical: ImageReference;
  /** As what it is judged. */
  readonly logical: ImageReference;
  /** The image is pinned to the digest that is found, so that a node does not ask what the physical tag names. */
  readonly pins: boolean;
}

/**
 * The digest of an image that is judged as another name: both tags have to name it. What the mirror's tag names has to
 * be known unless the image is pinned. Refuted with `wrong-digest` where they differ.
 */
export function resolveMirrored(
  { physical, logical, pins }: MirroredImage,
  knowledge: Knowledge,
  stale?: StaleTags,
): Verification<ResolvedDigest> {
  if (physical.digest !== undefined) return resolveDigest(physical, knowledge);
  const judged = resolveDigest(logical, knowledge, stale);
  const pulled = resolveDigest(physical, knowledge, stale);
  if (pulled.truth === "refuted" || judged.truth !== "proven") return pulled.truth === "refuted" ? pulled : judged;
  if (pulled.truth === "unknown") return pins ? judged : pulled;
  const [there, here] = [judged.evidence, pulled.evidence];
  if (there.digest === here.digest)
    return proven({ digest: there.digest, ...saidBy([there, here].flatMap(({ tagFrom }) => tagFrom ?? [])) });
  return failed({
    check: "image.alias",
    code: "wrong-digest",
    reason: `${physical.withTag} is ${here.digest}, and ${logical.withTag} is ${there.digest}`,
    subject: physical.canonical,
    remedy: "mirror-differs",
    stage: 0,
  });
}
