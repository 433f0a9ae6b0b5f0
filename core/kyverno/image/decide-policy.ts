/**
 * One policy over one request: its rules in order, each seeing what the one before left. Source:
 * docs/spec/kyverno.md#policy-fields, #before-the-rules, #order-inside-a-rule.
 */
import { EngineError } from "../../errors.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import type { ReferenceOptions } from "../../oci/reference.ts";
import { applyPatches } from "../outcome/apply-patches.ts";
import type { ImageStatus } from "../outcome/digest-patch.ts";
import type { Policy } from "../policy/policy.ts";
import type { ExceptionIndex } from "./exception-index.ts";
import type { DefaultExtraction } from "./extract.ts";
import type { DecisionVerifier } from "../../verify/memo.ts";
import type { MatchOptions } from "../rule/match.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import type { CompiledRule } from "./compile-rule.ts";
import { failureActionOf } from "./failure-action.ts";
import { ruleResult, type RuleRun, stoppedRule } from "./rule-run.ts";
import { type RuleOutcome, verifyRule } from "./verify-rule.ts";
import type { JsonContext } from "../rule/json-context.ts";

export interface CompiledPolicy {
  readonly policy: Policy;
  readonly rules: readonly CompiledRule[];
}

export interface PolicyRun {
  readonly request: AdmissionRequest;
  readonly knowledge: Knowledge;
  readonly verifier: DecisionVerifier;
  readonly references: ReferenceOptions;
  readonly extract: DefaultExtraction;
  readonly exhaustive: boolean;
  readonly exceptions: ExceptionIndex;
  readonly match: MatchOptions;
  /** A fresh context of variables for a request. */
  readonly variables: (request: AdmissionRequest, policy: Policy) => JsonContext;
}

export interface PolicyOutcome extends RuleOutcome {
  readonly policy: Policy;
  /** Status of each image by rule. */
  readonly byRule: Readonly<Record<string, Readonly<Record<string, ImageStatus>>>>;
}

const silent: RuleOutcome = { results: [], patches: [], statuses: {}, warnings: [] };

/** What the policy says. A namespaced policy says nothing of other namespaces. */
export function decidePolicy({ policy, rules }: CompiledPolicy, run: PolicyRun): PolicyOutcome {
  const byRule: Record<string, Readonly<Record<string, ImageStatus>>> = Object.create(null);
  const outcomes: RuleOutcome[] = [];
  if (policy.namespace !== undefined && policy.namespace !== (run.request.namespace ?? "") && !run.exhaustive)
    return { ...silent, policy, byRule };
  let request = run.request;
  const stopped = { mutate: false, validate: false };
  for (const [index, compiled] of rules.entries()) {
    const outcome = decideRule(compiled, { ...run, request });
    const results = outcome.results.filter((result) => !stopped[result.pass]);
    outcomes.push(stopped.mutate ? { ...silent, results } : { ...outcome, results });
    if (!stopped.mutate && Object.keys(outcome.statuses).length > 0) byRule[compiled.rule.name] = outcome.statuses;
    const isLast = index === rules.length - 1;
    if (!isLast && !stopped.mutate && outcome.patches.length > 0 && request.object !== undefined)
      request = { ...request, object: applyPatches(request.object, outcome.patches) };
    if (policy.spec.applyRules === "One" && !run.exhaustive) {
      for (const pass of ["mutate", "validate"] as const)
        if (results.some((result) => result.pass === pass && (result.status === "pass" || result.status === "fail")))
          stopped[pass] = true;
      if (stopped.mutate && stopped.validate) break;
    }
  }
  return {
    policy,
    byRule,
    results: outcomes.flatMap((outcome) => outcome.results),
    patches: outcomes.flatMap((outcome) => outcome.patches),
    statuses: mergeStatuses(outcomes.map((outcome) => outcome.statuses)),
    warnings: outcomes.flatMap((outcome) => outcome.warnings),
  };
}

function decideRule(compiled: CompiledRule, run: PolicyRun): RuleOutcome {
  const { policy, rule } = compiled;
  const ruleRun: RuleRun = {
    compiled,
    request: run.request,
    action: failureActionOf(policy, rule.verifyImages, run.request),
    variables: run.variables(run.request, policy),
    knowledge: run.knowledge,
    verifier: run.verifier,
    references: run.references,
    extract: run.extract,
    exhaustive: run.exhaustive,
    exceptions: (variables) => run.exceptions.matching(policy, rule, run.request, run.match, variables),
  };
  try {
    if (!run.exhaustive && !compiled.match.test(run.request, run.match).matched) return silent;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...silent, results: stoppedRule(ruleRun, error, "failed to match the resource") };
  }
  if (rule.kind === "verifyImages") return verifyRule(ruleRun);
  return run.exhaustive
    ? silent
    : { ...silent, results: [ruleResult(ruleRun, "validate", "skip", `a ${rule.kind} rule is not decided here`)] };
}

const rank = { skip: 0, pass: 1, fail: 2 } as const;

/** The status of each image over several rules: one failure fails it; a pass beats a skip. */
export function mergeStatuses(parts: readonly Readonly<Record<string, ImageStatus>>[]): Record<string, ImageStatus> {
  const merged: Record<string, ImageStatus> = Object.create(null);
  for (const [image, status] of parts.flatMap((part) => Object.entries(part))) {
    const held = merged[image];
    if (held === undefined || rank[status] > rank[held]) merged[image] = status;
  }
  return merged;
}
