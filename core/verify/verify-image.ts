/**
 * All candidates of an image against one expectation, folded: signatures need one that proves, attestations give every
 * one that does. Source: docs/architecture.md#three-values, docs/spec/outcomes.md#layouts.
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
import { stageOf } from "./check.ts";
import type { Claim } from "./claim.ts";
import type { VerifyContext } from "./context.ts";
import { refuseDistrustedArtifact } from "./distrust-check.ts";
import type { Evidence, ProvenStatement } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { verifyEntity } from "./verify-entity.ts";

/** `repository` is `host/path`, `digest` that of the image's manifest or index. */
export interface ImageToVerify {
  readonly repository: string;
  readonly digest: Digest;
}

export type Layouts = Omit<SearchOptions, "purpose">;

/** One signature that was looked at, and what became of it. Plain JSON. */
export interface Candidate {
  readonly source: EntitySource;
  readonly verification: Verification<Evidence>;
}

export interface SignatureOutcome {
  readonly verification: Verification<Evidence>;
  readonly candidates: readonly Candidate[];
}

export interface AttestationOutcome {
  /** Every statement of the type that satisfies the expectation; at least one. */
  readonly verification: Verification<readonly ProvenStatement[]>;
  readonly candidates: readonly Candidate[];
  /**
   * What could not be known beside what was proven: further statements of the type may exist. Empty when `verification`
   * is not proven.
   */
  readonly undecided: { readonly failures: readonly Failure[]; readonly open: readonly Question[] };
}

/**
 * Whether some signature of the image satisfies the expectation. The first that does ends the search, unless the
 * context is exhaustive.
 */
export function verifySignatures(
  image: ImageToVerify,
  expectation: Expectation,
  layouts: Layouts,
  context: VerifyContext,
): SignatureOutcome {
  const claim = claimFor(image, context);
  const run = verifyCandidates(
    image,
    "signature",
    expectation,
    claim,
    layouts,
    context,
    () => true,
    context.exhaustive === true,
  );
  const first = run.candidates.find(({ verification }) => verification.truth === "proven");
  return { verification: first === undefined ? run.failure : first.verification, candidates: run.candidates };
}

/**
 * Every attestation of `predicateType` on the image that satisfies the expectation. Those of other types, and by
 * others, are left out.
 */
export function verifyAttestations(
  image: ImageToVerify,
  predicateType: string,
  expectation: Expectation,
  layouts: Layouts,
  context: VerifyContext,
): AttestationOutcome {
  const claim = { ...claimFor(image, context), predicateType };
  const run = verifyCandidates(
    image,
    "attestation",
    expectation,
    claim,
    layouts,
    context,
    (entity) => isOfType(entity, predicateType),
    true,
  );
  const statements = run.proven.flatMap(({ entity, evidence }) => toStatement(entity, evidence));
  if (statements.length === 0)
    return { verification: run.failure, candidates: run.candidates, undecided: { failures: [], open: [] } };
  return { verification: proven(statements), candidates: run.candidates, undecided: run.undecided };
}

interface CandidateRun {
  readonly candidates: readonly Candidate[];
  readonly proven: readonly { readonly entity: SignedEntity; readonly evidence: Evidence }[];
  readonly undecided: AttestationOutcome["undecided"];
  /** The fold where no candidate proves. */
  readonly failure: Verification<never>;
}

function verifyCandidates(
  image: ImageToVerify,
  purpose: EntityPurpose,
  expectation: Expectation,
  claim: Claim,
  layouts: Layouts,
  context: VerifyContext,
  isWanted: (entity: SignedEntity) => boolean,
  exhaustive: boolean,
): CandidateRun {
  const artifact = attempt(() => refuseDistrustedArtifact(context.distrust, claim));
  if (!artifact.ok)
    return {
      candidates: [],
      proven: [],
      undecided: { failures: [], open: [] },
      failure: refuted(toFailure(artifact.error, "distrust.content", stageOf("distrust.content"))),
    };
  const search = findSignedEntities(image, { ...layouts, purpose }, context.knowledge, context.limits);
  const verifier = boundedVerifier(context.verifier, context.limits.signatureChecksPerImage);
  const candidates: Candidate[] = [];
  const provenOnes: { entity: SignedEntity; evidence: Evidence }[] = [];
  for (const entity of search.entities) {
    if (!isWanted(entity)) continue;
    const verification = verifyEntity(entity, expectation, claim, context, verifier);
    candidates.push({ source: entity.source, verification });
    if (verification.truth !== "proven") continue;
    provenOnes.push({ entity, evidence: verification.evidence });
    if (!exhaustive) break;
  }
  return { candidates, proven: provenOnes, ...fold(search, candidates, purpose, image) };
}

/** Refuted only when every layout has answered and every candidate is refuted; unknown while anything is. */
function fold(
  search: EntitySearch,
  candidates: readonly Candidate[],
  purpose: EntityPurpose,
  image: ImageToVerify,
): Pick<CandidateRun, "undecided" | "failure"> {
  const unknowns = candidates.flatMap(({ verification }) => (verification.truth === "unknown" ? [verification] : []));
  const failures = [
    ...search.failures,
    ...candidates.flatMap(({ verification }) => (verification.truth === "proven" ? [] : verification.failures)),
  ];
  const ignorance = failures.filter(({ code }) => codeRow(code).truth !== "refuted");
  const open = [...search.open, ...unknowns.flatMap((verification) => verification.open)];
  // What a bound cut off refutes nothing that was proven, but nobody has read it.
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

/** The image's manifest is read only where a signature over the manifest itself asks for it. */
const claimFor = (image: ImageToVerify, context: VerifyContext): Claim => ({
  digest: image.digest,
  bytes: () =>
    requireContent(
      readManifest(context.knowledge, image.repository, image.digest, context.limits),
      "image-not-found",
      image.digest,
    ).bytes,
});

/** What cannot be read may be of the type, and is a candidate: its failure is to be seen. */
function isOfType(entity: SignedEntity, predicateType: string): boolean {
  const content = attempt(() => entity.content());
  return !content.ok || (content.value.kind === "dsse" && content.value.statement.predicateType === predicateType);
}

function toStatement(entity: SignedEntity, evidence: Evidence): ProvenStatement[] {
  const content = entity.content();
  return content.kind === "dsse"
    ? [
        {
          type: content.statement.type,
          predicateType: content.statement.predicateType,
          predicate: content.statement.predicate,
          evidence,
        },
      ]
    : [];
}
