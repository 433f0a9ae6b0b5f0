/**
 * All candidates of an image against one expectation: one proven signature is enough; attestations are all collected.
 * Source: docs/architecture.md#three-values, docs/spec/outcomes.md#layouts.
 */
import { type EntitySearch, findSignedEntities, type SearchOptions } from "../cosign/find-signed-entities.ts";
import type { EntitySource, SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import { readManifest, requireContent } from "../oci/lookup.ts";
import type { Digest } from "../crypto/digest.ts";
import type { CompletenessClaim } from "../knowledge/completeness-claim.ts";
import type { Question } from "../knowledge/question.ts";
import { codeRow } from "../errors.ts";
import { type Failure, proven, refuted, toFailure, unknown, type Verification } from "../verdict.ts";
import { attempt } from "./attempt.ts";
import { boundedVerifier } from "./bounded-verifier.ts";
import type { Claim } from "./claim.ts";
import type { VerifyContext } from "./context.ts";
import { refuseDistrustedArtifact } from "./distrust-check.ts";
import type { Evidence, ProvenSignature, SignedStatement } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { nothingFoundWords, refutedButOthers } from "./found-words.ts";
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
  readonly predicateType?: string | undefined;
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
  /** The claims of completeness by which it is known that there are no others; none where a layout was asked. */
  readonly claims: readonly CompletenessClaim[];
  /** Who said, when asked, that a layout holds nothing. */
  readonly saidNone: readonly string[];
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
  const { image, expectation, predicateType, layouts, signatureRepository } = request;
  const claim = claimOf(request, context);
  const distrusted = findDistrusted(image.digest, context);
  if (distrusted !== undefined)
    return { verification: refuted(distrusted), candidates: [], undecided: nothing, claims: [], saidNone: [] };
  const purpose = predicateType === undefined ? "signature" : "attestation";
  const wanted = { signatureRepository, layouts, purpose, predicateType } as const;
  const search = findSignedEntities(image, wanted, context.knowledge, context.limits);
  const verifier = boundedVerifier(context.verifier, context.limits.signatureChecksPerImage);
  const candidates: Candidate[] = [];
  const types = new Set(search.others);
  const satisfying: ProvenSignature[] = [];
  for (const entity of search.entities) {
    const others = predicateType === undefined ? undefined : otherTypes(entity, predicateType);
    if (others !== undefined) {
      for (const type of others) types.add(type);
      continue;
    }
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
  // One good signature is enough, whatever else there is.
  if (purpose === "signature" && satisfying.length > 0)
    return { verification: proven(satisfying), candidates, undecided: nothing, claims: [], saidNone: [] };
  const { failure, undecided } = fold(search, candidates, request, types);
  const { claims, saidNone } = search;
  return satisfying.length === 0
    ? { verification: failure, candidates, undecided: nothing, claims, saidNone }
    : { verification: proven(satisfying), candidates, undecided, claims, saidNone };
}

/** If no candidate proves: refuted only when every layout has answered and every candidate is refuted; else unknown. */
function fold(
  search: EntitySearch,
  candidates: readonly Candidate[],
  request: ImageRequest,
  types: ReadonlySet<string>,
): { readonly undecided: Undecided; readonly failure: Verification<never> } {
  const purpose = request.predicateType === undefined ? "signature" : "attestation";
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
  if (ignorance.length > 0) {
    const reasons = candidates.flatMap(({ verification }) =>
      verification.truth === "proven" ? [] : verification.failures.slice(0, 1),
    );
    return { undecided, failure: unknown([...refutedButOthers(purpose, search.failures, reasons), ...failures], open) };
  }
  if (failures.length > 0) return { undecided, failure: refuted(...failures) };
  return { undecided, failure: refuted(nothingFound(request, types)) };
}

function nothingFound(
  { image: { repository, digest }, layouts, predicateType }: ImageRequest,
  types: ReadonlySet<string>,
): Failure {
  return {
    check: "entity.find",
    code: predicateType === undefined ? "no-signature" : "no-attestation",
    reason: nothingFoundWords(predicateType, types, layouts),
    subject: `${repository}@${digest}`,
    stage: 0,
  };
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

/**
 * The types of a statement that is not of the wanted one. What cannot be read may be of the type, and is a candidate
 * whose failure is to be seen, unless it is malformed and says itself that it is of another.
 */
function otherTypes(entity: SignedEntity, predicateType: string): readonly string[] | undefined {
  const content = attempt(() => entity.content());
  if (!content.ok && content.error.code !== "malformed") return undefined;
  if (content.ok) {
    const types = typesOf(content.value);
    return types.includes(predicateType) ? undefined : types;
  }
  // Bytes that are not those of the digest declare nothing.
  const declared = attempt(() => entity.declaredTypes());
  if (!declared.ok || declared.value.length === 0 || declared.value.includes(predicateType)) return undefined;
  return declared.value;
}

const typesOf = (content: SignedContent): readonly string[] =>
  content.kind === "dsse" ? [content.statement.predicateType] : [];

function statementOf(entity: SignedEntity): { readonly statement?: SignedStatement } {
  const content = entity.content();
  if (content.kind !== "dsse") return {};
  const { type, predicateType, predicate } = content.statement;
  return { statement: { type, predicateType, predicate } };
}
