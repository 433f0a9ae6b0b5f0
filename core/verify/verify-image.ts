/**
 * All candidates of an image against one expectation: one proven signature is enough; attestations are all collected.
 * Source: docs/architecture.md#three-values, docs/spec/outcomes.md#layouts.
 */
import { type EntitySearch, findSignedEntities, type SearchOptions } from "../cosign/find-signed-entities.ts";
import type { EntityPurpose, EntitySource, SignedEntity } from "../cosign/signed-entity.ts";
import { readManifest, requireContent } from "../oci/lookup.ts";
import type { Digest } from "../crypto/digest.ts";
import type { Question } from "../knowledge/question.ts";
import { codeRow, type ErrorCode } from "../errors.ts";
import { type Failure, proven, refuted, toFailure, unknown, type Verification } from "../verdict.ts";
import { attempt } from "./attempt.ts";
import { boundedVerifier } from "./bounded-verifier.ts";
import type { Claim } from "./claim.ts";
import type { VerifyContext } from "./context.ts";
import { refuseDistrustedArtifact } from "./distrust-check.ts";
import type { Evidence, ProvenSignature, SignedStatement } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { stageOf, verifyEntity } from "./verify-entity.ts";

/** `repository` is `host/path`; `digest` is that of the image's manifest or index. */
export interface ImageToVerify {
  readonly repository: string;
  readonly digest: Digest;
}

/** The requirement on an image: a signature or attestations that satisfy the expectation. */
export interface ImageRequest extends Omit<SearchOptions, "purpose"> {
  readonly image: ImageToVerify;
  readonly expectation: Expectation;
  /** The wanted type of attestations; absent: a signature is wanted. */
  readonly predicateType?: string;
}

/** One candidate and its outcome. Plain JSON. */
export interface Candidate {
  readonly source: EntitySource;
  readonly verification: Verification<Evidence>;
}

/** The unknown beside the proven: further candidates may exist. */
export interface Undecided {
  readonly failures: readonly Failure[];
  readonly open: readonly Question[];
}

export interface ImageOutcome {
  /** The first satisfying signature, or all satisfying attestations; at least one. */
  readonly verification: Verification<readonly ProvenSignature[]>;
  readonly candidates: readonly Candidate[];
  /** For attestations only; empty unless `verification` is proven. */
  readonly undecided: Undecided;
}

const nothing: Undecided = { failures: [], open: [] };

/** The refutation of an image that is itself distrusted. */
export function findDistrusted(digest: Digest, { distrust }: Pick<VerifyContext, "distrust">): Failure | undefined {
  const outcome = attempt(() => refuseDistrustedArtifact(distrust, { digest }));
  return outcome.ok ? undefined : toFailure(outcome.error, "distrust.content", stageOf("distrust.content"));
}

/**
 * Whether the image meets the requirement. The first proven signature ends the search, unless the context is
 * exhaustive. Attestations are all verified, because conditions are judged over all of them.
 */
export function verifyImage(request: ImageRequest, context: VerifyContext): ImageOutcome {
  const { image, expectation, predicateType } = request;
  const claim = claimOf(request, context);
  const distrusted = findDistrusted(image.digest, context);
  if (distrusted !== undefined) return { verification: refuted(distrusted), candidates: [], undecided: nothing };
  const purpose = predicateType === undefined ? "signature" : "attestation";
  const search = findSignedEntities(image, { ...request, purpose }, context.knowledge, context.limits);
  const verifier = boundedVerifier(context.verifier, context.limits.signatureChecksPerImage);
  const candidates: Candidate[] = [];
  const satisfying: ProvenSignature[] = [];
  for (const entity of search.entities) {
    if (predicateType !== undefined && !isOfType(entity, predicateType)) continue;
    const verification = verifyEntity(entity, expectation, claim, context, verifier);
    candidates.push({ source: entity.source, verification });
    if (verification.truth !== "proven") continue;
    satisfying.push(
      purpose === "signature"
        ? { evidence: verification.evidence }
        : { evidence: verification.evidence, ...statementOf(entity) },
    );
    if (purpose === "signature" && context.exhaustive !== true) break;
  }
  const { failure, undecided } = fold(search, candidates, purpose, image);
  if (satisfying.length === 0) return { verification: failure, candidates, undecided: nothing };
  return {
    verification: proven(satisfying),
    candidates,
    undecided: purpose === "signature" ? nothing : undecided,
  };
}

/** If no candidate proves: refuted only when every layout has answered and every candidate is refuted; else unknown. */
function fold(
  search: EntitySearch,
  candidates: readonly Candidate[],
  purpose: EntityPurpose,
  image: ImageToVerify,
): { readonly undecided: Undecided; readonly failure: Verification<never> } {
  const unknowns = candidates.flatMap(({ verification }) => (verification.truth === "unknown" ? [verification] : []));
  const failures = [
    ...search.failures,
    ...candidates.flatMap(({ verification }) => (verification.truth === "proven" ? [] : verification.failures)),
  ];
  const ignorance = failures.filter(({ code }) => codeRow(code).truth !== "refuted");
  const open = [...search.open, ...unknowns.flatMap((verification) => verification.open)];
  // Candidates beyond a bound do not refute what is proven, but they were not read.
  const undecided = {
    failures: failures.filter(({ code }) => code === "over-limit" || codeRow(code).truth !== "refuted"),
    open,
  };
  if (ignorance.length > 0) return { undecided, failure: unknown(failures, open) };
  if (failures.length > 0) return { undecided, failure: refuted(...failures) };
  return { undecided, failure: refuted(nothingFound(purpose, image)) };
}

function nothingFound(purpose: EntityPurpose, image: ImageToVerify): Failure {
  const code: ErrorCode = purpose === "signature" ? "no-signature" : "no-attestation";
  const reason =
    purpose === "signature"
      ? "no signature found in any layout"
      : "no attestation of this predicate type found in any layout";
  return { check: "entity.find", code, reason, subject: `${image.repository}@${image.digest}`, stage: 0 };
}

/** The image's manifest is read only if a signature over the manifest itself needs it. */
const claimOf = ({ image, predicateType }: ImageRequest, context: VerifyContext): Claim => ({
  digest: image.digest,
  ...(predicateType === undefined ? {} : { predicateType }),
  bytes: () =>
    requireContent(
      readManifest(context.knowledge, image.repository, image.digest, context.limits),
      "image-not-found",
      image.digest,
    ).bytes,
});

/** An unreadable statement may be of the type, so it is a candidate and its failure is shown. */
function isOfType(entity: SignedEntity, predicateType: string): boolean {
  const content = attempt(() => entity.content());
  return !content.ok || (content.value.kind === "dsse" && content.value.statement.predicateType === predicateType);
}

function statementOf(entity: SignedEntity): { readonly statement?: SignedStatement } {
  const content = entity.content();
  if (content.kind !== "dsse") return {};
  const { type, predicateType, predicate } = content.statement;
  return { statement: { type, predicateType, predicate } };
}
