/**
 * Parts that several documents have: failures, signatures, results of rules. Source:
 * docs/spec/command-line.md#documents.
 */
import type { Decision } from "./engine.ts";
import { type Question, questionText } from "../knowledge/question.ts";
import type { AttestationResult, AttestorResult, ImageResult, RuleResult } from "../kyverno/image/result.ts";
import type { Failure, Truth } from "../verdict.ts";
import type { Candidate } from "../verify/verify-image.ts";

/** What people call the three values. */
export const verdicts = { proven: "pass", refuted: "fail", unknown: "error" } as const satisfies Record<Truth, string>;

export const toFailureJson = ({ check, code, reason, subject, question, claim }: Failure) => ({
  check,
  code,
  reason,
  subject,
  question: question === undefined ? undefined : questionText(question),
  claim,
});

export const toOpenJson = (open: readonly Question[] = []): readonly string[] => open.map(questionText);

/** What did not hold, and the questions that are open. */
const toLacksJson = ({
  failures,
  open,
}: {
  readonly failures: readonly Failure[];
  readonly open?: readonly Question[];
}) => ({
  failures: failures.map(toFailureJson),
  open: toOpenJson(open),
});

/** One signature or attestation that was checked. */
export const toCandidateJson = ({ source, verification }: Candidate) => ({
  verdict: verdicts[verification.truth],
  source,
  ...(verification.truth === "proven" ? { evidence: verification.evidence } : toLacksJson(verification)),
});

interface AttestorJson extends ReturnType<typeof toLacksJson> {
  readonly path: string;
  readonly position: AttestorResult["position"];
  readonly verdict: string;
  readonly required: number | undefined;
  readonly entries: readonly AttestorJson[] | undefined;
  readonly signatures: readonly ReturnType<typeof toCandidateJson>[] | undefined;
  readonly claims: AttestorResult["claims"] | undefined;
  readonly saidNone: AttestorResult["saidNone"] | undefined;
}

const toAttestorJson = (attestor: AttestorResult): AttestorJson => ({
  path: attestor.path,
  position: attestor.position,
  verdict: verdicts[attestor.truth],
  required: attestor.required,
  entries: attestor.entries?.map(toAttestorJson),
  signatures: attestor.candidates?.map(toCandidateJson),
  claims: attestor.claims,
  saidNone: attestor.saidNone,
  ...toLacksJson(attestor),
});

const toAttestationJson = (attestation: AttestationResult) => ({
  path: attestation.path,
  position: attestation.position,
  type: attestation.type,
  verdict: verdicts[attestation.truth],
  attestors: attestation.sets.map(toAttestorJson),
  ...toLacksJson(attestation),
});

const toImageJson = (image: ImageResult) => ({
  ref: image.image,
  logical: image.logical,
  pointer: image.pointer,
  digest: image.digest,
  tagFrom: image.tagFrom,
  entry: image.entry,
  position: image.position,
  verdict: verdicts[image.truth],
  attestors: image.attestors.map(toAttestorJson),
  attestations: image.attestations.map(toAttestationJson),
  ...toLacksJson(image),
});

/** Whole, with all evidence. */
const toRuleResultJson = ({ failures, open, image, ...result }: RuleResult) => ({
  ...result,
  image: image === undefined ? undefined : toImageJson(image),
  ...toLacksJson({ failures, open }),
});

export const toDecisionJson = ({ results, open, ...decision }: Decision) => ({
  ...decision,
  results: results.map(toRuleResultJson),
  open: toOpenJson(open),
});
