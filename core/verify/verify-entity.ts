/**
 * The pipeline: from one candidate and one expectation to evidence. Its order is the table below: established times,
 * key or certificate at those times with its SCT, signature, content, identity, annotations. The log is asked for an
 * entry when all of them hold. Source: docs/architecture.md#one-request-hop-by-hop,
 * docs/spec/sigstore.md#order-of-checks.
 */
import type { SignedEntity } from "../cosign/signed-entity.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { EngineError } from "../errors.ts";
import type { Verification } from "../verdict.ts";
import { attempt } from "./attempt.ts";
import { CandidateRun } from "./candidate-run.ts";
import type { Claim } from "./claim.ts";
import type { VerifyContext } from "./context.ts";
import type { Evidence } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import { Trail } from "./trail.ts";

/**
 * `tolerant`: an unknown from this check does not stop later ones, which may refute with certainty. `cause`: this check
 * runs only after a later one found a log entry or timestamp that does not fit the signature. If it fails too, it is
 * the cause and is reported instead.
 */
type Mode = "tolerant" | "cause";
type Row = readonly [check: string, step: (run: CandidateRun) => void, mode?: Mode];

/** Every check, in order. Its position is the stage of its failures: a later failure came further. */
const pipeline = [
  ["distrust.content", (run) => run.refuseDistrusted()],
  ["entity.content", (run) => run.readContent()],
  ["signer", (run) => run.findSigner()],
  ["signature.cause", (run) => run.verifySignature(), "cause"],
  ["tlog.entry", (run) => run.proveEntries(), "tolerant"],
  ["timestamp.token", (run) => run.proveTimestamps(), "tolerant"],
  ["x509.path", (run) => run.verifyCertificate(), "tolerant"],
  ["x509.sct", (run) => run.verifyScts(), "tolerant"],
  ["signature", (run) => run.verifySignature()],
  ["content.digest", (run) => run.readClaims()],
  ["content.predicate-type", (run) => run.requirePredicateType()],
  ["identity", (run) => run.requireIdentity()],
  ["annotations", (run) => run.requireAnnotations()],
  ["tlog.lookup", (run) => run.askForEntry()],
  ["x509.path-at-lookup", (run) => run.verifyAtLookup()],
  ["timestamp.required", (run) => run.requireTimestamp()],
  ["signature.age", (run) => run.requireAge()],
  ["distrust.evidence", (run) => run.conclude()],
  ["freshness", (run) => run.requireFreshness()],
] as const satisfies readonly Row[];

export type Check = (typeof pipeline)[number][0];

const rows: readonly Row[] = pipeline;
const causes = rows.filter(([, , mode]) => mode === "cause");
const stages: ReadonlyMap<string, number> = new Map(rows.map(([check], index) => [check, index + 1]));

/** The stage of a check, from 1. */
export const stageOf = (check: Check): number => stages.get(check) as number;

/**
 * Whether `entity` satisfies `expectation` for the artifact of `claim`. `verifier` replaces the context's, so that
 * several candidates share one bound.
 */
export function verifyEntity(
  entity: SignedEntity,
  expectation: Expectation,
  claim: Claim,
  context: VerifyContext,
  verifier: SignatureVerifier = context.verifier,
): Verification<Evidence> {
  const trail = new Trail();
  const run = new CandidateRun(entity, expectation, claim, context, verifier, trail);
  for (const [check, step, mode] of rows) {
    if (mode === "cause") continue;
    const outcome = attempt(() => step(run));
    if (outcome.ok) continue;
    const [failed, error] = causeOf(run, check, outcome.error);
    const goesOn = trail.record(error, failed, stages.get(failed) as number);
    if (!goesOn || mode !== "tolerant") break;
  }
  return trail.conclude(run.evidence);
}

/** The check to report, and its failure. */
function causeOf(run: CandidateRun, check: string, error: EngineError): readonly [check: string, error: EngineError] {
  if (run.misfit !== error) return [check, error];
  for (const [cause, step] of causes) {
    const outcome = attempt(() => step(run));
    if (!outcome.ok) return [cause, outcome.error];
  }
  return [check, error];
}
