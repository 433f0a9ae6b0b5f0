/**
 * Attestations of an image: verified by attestor sets, then judged by conditions on their predicates. Source:
 * docs/spec/kyverno.md#attestations.
 */
import { isObject } from "../../encoding/shape.ts";
import { codeRow, EngineError } from "../../errors.ts";
import {
  conjunction,
  failed,
  type Failure,
  proven,
  refuted,
  toFailure,
  unknown,
  type Verification,
} from "../../verdict.ts";
import type { SignedStatement } from "../../verify/evidence.ts";
import { satisfiedButOthers } from "../../verify/found-words.ts";
import type { ImageOutcome, Undecided } from "../../verify/verify-image.ts";
import { decidedWords, type PlacedConditions, unresolvedWords } from "../rule/condition-words.ts";
import { evaluateConditions, unresolvedCondition } from "../rule/conditions.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import { checkAttestorSets, openOf, type SetContext } from "./attestor-set.ts";
import type { CompiledAttestation } from "./compile-entry.ts";
import type { AttestationResult } from "./result.ts";

/** The stage of a condition: after all checks of a signature. */
const conditionStage = 1000;

export interface AttestationContext extends Omit<SetContext, "judge"> {
  readonly variables: JsonContext;
  /** Receives, under the attestation's name, the first proven statement of its type that has a predicate. */
  readonly remember: (name: string, statement: SignedStatement) => void;
}

const ownFailure = (
  attestation: CompiledAttestation,
  context: AttestationContext,
  failure: Failure,
): AttestationResult => ({
  path: attestation.path,
  position: context.position(attestation.pointer),
  type: attestation.source.type,
  truth: "refuted",
  sets: [],
  failures: [failure],
  open: [],
});

/** The outcome of the attestation's sets and conditions for the image. */
export function checkAttestation(attestation: CompiledAttestation, context: AttestationContext): AttestationResult {
  const type = attestation.source.type;
  if (type === undefined || type === "")
    return ownFailure(attestation, context, {
      check: "attestation.type",
      code: "malformed",
      reason: "missing type",
      stage: 0,
    });
  const judge = ({ verification, undecided }: ImageOutcome): Verification<unknown> => {
    if (verification.truth !== "proven") return verification;
    const statements = verification.evidence.flatMap(({ statement }) => (statement === undefined ? [] : [statement]));
    const first = statements.find(({ predicate }) => isObject(predicate));
    if (first !== undefined && attestation.source.name !== undefined) context.remember(attestation.source.name, first);
    return judgeStatements(placedConditions(attestation, context), statements, undecided, type, context);
  };
  const request = { ...context.request, predicateType: type };
  const { truth, results } = checkAttestorSets(attestation.sets, { ...context, request, judge });
  return {
    path: attestation.path,
    position: context.position(attestation.pointer),
    type,
    truth,
    sets: results,
    failures: results.flatMap((result) => (result.truth === "proven" ? [] : result.failures)),
    open: openOf(results),
  };
}

function placedConditions(
  { source, pointer }: CompiledAttestation,
  { position }: AttestationContext,
): PlacedConditions | undefined {
  const { conditions } = source;
  if (conditions === undefined) return undefined;
  return { value: conditions, pointer: "/conditions", position: (at) => position(`${pointer}/conditions${at}`) };
}

function unresolvedReason(error: EngineError, conditions: PlacedConditions, variables: JsonContext): string {
  const condition = error.code === "unresolved" ? unresolvedCondition(conditions.value, variables) : undefined;
  return condition === undefined
    ? `failed to check attestations: ${error.message}`
    : unresolvedWords(condition, error, conditions);
}

/**
 * Every statement of the type that satisfied the attestor must satisfy the conditions. While there may be more
 * statements, this is unknown.
 */
function judgeStatements(
  conditions: PlacedConditions | undefined,
  statements: readonly SignedStatement[],
  undecided: Undecided,
  type: string,
  context: AttestationContext,
): Verification<null> {
  if (conditions === undefined)
    return statements.some(({ predicate }) => isObject(predicate)) ? proven(null) : failed(withoutPredicate(type));
  const verdicts = statements.map((statement) => judgeStatement(conditions, statement, type, context));
  const truth = conjunction(verdicts.map((verdict) => verdict.truth));
  if (truth === "proven") return whileOthersMayBe(undecided, statements.length);
  const failures = verdicts.flatMap((verdict) => (verdict.truth === "proven" ? [] : verdict.failures));
  if (truth === "refuted") return refuted(...failures);
  return unknown(
    failures,
    verdicts.flatMap((verdict) => (verdict.truth === "unknown" ? verdict.open : [])),
  );
}

/** Unknown statements leave the result open. Those beyond a bound are never read, so they refute it. */
function whileOthersMayBe({ failures, open }: Undecided, satisfying: number): Verification<null> {
  if (failures.length === 0) return proven(null);
  return failures.every(({ code }) => codeRow(code).truth === "refuted")
    ? refuted(...failures)
    : unknown([...satisfiedButOthers(satisfying, failures), ...failures], open);
}

const atConditions = (type: string) => ({ check: "attestation.conditions", stage: conditionStage, subject: type });

/** Kyverno: a policy judges predicates, so a statement without one proves nothing. */
const withoutPredicate = (type: string): Failure => ({
  ...atConditions(type),
  code: "malformed",
  reason: "the statement has no predicate",
});

function judgeStatement(
  conditions: PlacedConditions,
  statement: SignedStatement,
  type: string,
  context: AttestationContext,
): Verification<null> {
  const at = atConditions(type);
  if (!isObject(statement.predicate)) return failed(withoutPredicate(type));
  const variables = context.variables;
  variables.checkpoint();
  try {
    // The predicate's fields are at the root: {{ repo.uri }}.
    variables.merge(statement.predicate);
    const result = evaluateConditions(conditions.value, variables);
    if (result.holds) return proven(null);
    const said = result.message === "" ? "" : `${result.message}: `;
    return failed({ ...at, code: "condition-failed", reason: `${said}${decidedWords(result, conditions)}` });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const open = openQuestions(error);
    // A variable that the predicate lacks fails the condition; one behind an open question does not.
    if (open.length === 0 && (error.code === "unresolved" || error.code === "malformed"))
      return failed({ ...at, code: "condition-failed", reason: unresolvedReason(error, conditions, variables) });
    return unknown([toFailure(error, at.check, at.stage)], open);
  } finally {
    variables.restore();
  }
}
