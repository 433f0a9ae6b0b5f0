/** What a rule's evaluation is given, and the results it makes of it. */
import { codeRow, type EngineError } from "../../errors.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import type { Question } from "../../knowledge/question.ts";
import { type Failure, toFailure, type Truth } from "../../verdict.ts";
import type { ReferenceOptions } from "../../oci/reference.ts";
import type { DecisionVerifier } from "../../verify/memo.ts";
import { failureMessage, type PlacedFailure } from "../outcome/message.ts";
import type { FailureAction } from "../policy/policy.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import { failingEntries } from "./attestor-set.ts";
import type { CompiledRule } from "./compile-rule.ts";
import type { DefaultExtraction } from "./extract.ts";
import type { ImageResult, Pass, RuleResult, RuleStatus } from "./result.ts";

export interface RuleRun {
  readonly compiled: CompiledRule;
  readonly request: AdmissionRequest;
  readonly action: FailureAction;
  readonly variables: JsonContext;
  readonly knowledge: Knowledge;
  readonly verifier: DecisionVerifier;
  readonly references: ReferenceOptions;
  /** Images by default extractors, the same for all rules of the decision. */
  readonly extract: DefaultExtraction;
  readonly exhaustive: boolean;
  /** The exceptions that speak of this rule and match the request, as `namespace/name`. */
  readonly exceptions: (variables: JsonContext) => readonly string[];
}

export const statusOf = (truth: Truth): RuleStatus =>
  truth === "proven" ? "pass" : truth === "refuted" ? "fail" : "error";

interface ResultParts {
  readonly failures?: readonly Failure[];
  readonly open?: readonly Question[];
  readonly image?: ImageResult;
}

export function ruleResult(
  run: RuleRun,
  pass: Pass,
  status: RuleStatus,
  message: string,
  parts: ResultParts = {},
): RuleResult {
  const { policy, rule } = run.compiled;
  return {
    policy: policy.name,
    ...(policy.namespace === undefined ? {} : { policyNamespace: policy.namespace }),
    rule: rule.name,
    pass,
    status,
    message,
    action: run.action,
    failurePolicy: policy.spec.failurePolicy,
    position: policy.position(rule.pointer),
    operation: run.request.operation,
    failures: parts.failures ?? [],
    open: parts.open ?? [],
    ...(parts.image === undefined ? {} : { image: parts.image }),
    ...(Object.keys(rule.reportProperties).length === 0 ? {} : { properties: rule.reportProperties }),
  };
}

/** Whether Kyverno's validating pass runs for the rule at all. */
export const hasValidatingPass = (run: RuleRun): boolean =>
  run.compiled.rule.verifyImages.some((entry) => entry.verifyDigest || entry.required);

/** One result for each pass that runs, for what concerns the rule and not an image. */
export function inBothPasses(
  run: RuleRun,
  status: RuleStatus,
  message: string,
  parts: ResultParts = {},
): readonly RuleResult[] {
  const passes: readonly Pass[] = hasValidatingPass(run) ? ["mutate", "validate"] : ["mutate"];
  return passes.map((pass) => ruleResult(run, pass, status, message, parts));
}

/** The results of a rule that an error stopped before any image was looked at. */
export function stoppedRule(run: RuleRun, error: EngineError, what: string): readonly RuleResult[] {
  const refutes = codeRow(error.code).truth === "refuted";
  return inBothPasses(run, refutes ? "fail" : "error", `${what}: [${error.code}] ${error.message}`, {
    failures: [toFailure(error, what, 0)],
    open: openQuestions(error),
  });
}

/** Every failing place of an image with the failures found there. */
function placedFailures(image: ImageResult): readonly PlacedFailure[] {
  const entries = [
    ...failingEntries(image.attestors),
    ...image.attestations.flatMap((attestation) =>
      attestation.truth === "proven"
        ? []
        : attestation.sets.length === 0
          ? [attestation]
          : failingEntries(attestation.sets),
    ),
  ];
  const placed = entries.flatMap((entry) => {
    const worst =
      entry.truth === "unknown"
        ? entry.failures.filter((failure) => codeRow(failure.code).truth !== "refuted")
        : entry.failures;
    const pool = worst.length > 0 ? worst : entry.failures;
    const first = pool.reduce<Failure | undefined>(
      (best, failure) => (best === undefined || failure.stage > best.stage ? failure : best),
      undefined,
    );
    return first === undefined ? [] : [{ path: entry.path, failure: first }];
  });
  const known = new Set(entries.flatMap((entry) => entry.failures));
  return [
    ...placed,
    ...image.failures.filter((failure) => !known.has(failure)).map((failure) => ({ path: "", failure })),
  ];
}

export const imageFailureMessage = (image: ImageResult): string =>
  failureMessage(image.image, image.truth, placedFailures(image));
