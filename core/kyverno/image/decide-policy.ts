/**
 * One policy in one of Kyverno's two passes: its rules in order. In a mutating pass each rule sees the patches of those
 * before it; in a validating pass all see the same resource. Source: docs/spec/kyverno.md#policy-fields,
 * #before-the-rules, #order-inside-a-rule, #deciding-a-rule.
 */
import type { JsonObject } from "../../encoding/json.ts";
import { EngineError } from "../../errors.ts";
import { openQuestions } from "../../knowledge/ask.ts";
import { toFailure } from "../../verdict.ts";
import type { FlatStatus, PatchOperation, StatusByRule } from "../outcome/digest-patch.ts";
import type { Policy } from "../policy/policy.ts";
import { type AdmissionRequest, requestTo } from "../rule/request.ts";
import type { CompiledRule } from "./compile-rule.ts";
import { failureActionOf } from "./failure-action.ts";
import { mutateRule } from "./mutate-rule.ts";
import type { Pass, RuleResult } from "./result.ts";
import { findRuleImages, type RuleImages } from "./rule-images.ts";
import { type DecisionRun, nothing, type RuleOutcome, type RuleRun, ruleResult, stoppedRule } from "./rule-run.ts";
import { validateRule } from "./validate-rule.ts";

export interface CompiledPolicy {
  readonly policy: Policy;
  readonly rules: readonly CompiledRule[];
}

export interface PolicyOutcome extends Omit<RuleOutcome, "statuses"> {
  readonly policy: Policy;
  /** Status of each image by rule. */
  readonly byRule: StatusByRule;
  /** The resource after the policy's patches; the given object if nothing was patched. */
  readonly object: JsonObject | undefined;
}

/** The policy's results in a pass. A namespaced policy has none for other namespaces. */
export function decidePolicy(
  pass: Pass,
  { policy, rules }: CompiledPolicy,
  asked: AdmissionRequest,
  decision: DecisionRun,
): PolicyOutcome {
  const results: RuleResult[] = [];
  const patches: PatchOperation[] = [];
  const warnings: string[] = [];
  const byRule = new Map<string, FlatStatus>();
  let request = requestTo(policy.name, asked);
  const isForeign = policy.namespace !== undefined && policy.namespace !== (request.namespace ?? "");
  for (const compiled of isForeign && !decision.exhaustive ? [] : rules) {
    if (!speaksIn(pass, compiled)) continue;
    const run: RuleRun = { decision, pass, compiled, request, action: policy.spec.validationFailureAction };
    let said: RuleOutcome;
    try {
      const begun = beginRule(run);
      said = "results" in begun ? begun : pass === "mutate" ? mutateRule(run, begun) : validateRule(run, begun);
    } catch (error) {
      said = stoppedRule(run, error, "failed to evaluate the rule");
    }
    const outcome = withAction(run, said);
    results.push(...outcome.results);
    patches.push(...outcome.patches);
    warnings.push(...outcome.warnings);
    // Differs: Audit changes nothing, so that Kyverno's own record stays where both judge a resource.
    const enforces = outcome.results.some(({ action }) => action === "Enforce");
    if (enforces && outcome.statuses.size > 0) byRule.set(compiled.rule.name, outcome.statuses);
    if (outcome.patches.length > 0 && request.object !== undefined)
      request = { ...request, object: decision.defaults.patch(request.object, outcome.patches) };
    if (policy.spec.applyRules === "One" && !decision.exhaustive && outcome.results.some(isVerdict)) break;
  }
  return { policy, byRule, results, patches, warnings, object: request.object };
}

const isVerdict = ({ status }: RuleResult): boolean => status === "pass" || status === "fail";

/** The failure action is found last: only a rule with results needs one, and only a failure must know it. */
function withAction(run: RuleRun, outcome: RuleOutcome): RuleOutcome {
  if (outcome.results.length === 0) return outcome;
  const { policy, rule } = run.compiled;
  try {
    const action = failureActionOf(policy, rule.verifyImages, run.request, run.decision.limits, run.decision.match);
    return action === run.action
      ? outcome
      : { ...outcome, results: outcome.results.map((result) => ({ ...result, action })) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...outcome, results: outcome.results.map((result) => withoutAction(result, error)) };
  }
}

/** It is unknown whether the rule enforces. Its failure may then deny, which is an unknown; other results stay. */
function withoutAction(result: RuleResult, doubt: EngineError): RuleResult {
  if (result.status !== "fail") return result;
  const what = "failed to find the failure action";
  return {
    ...result,
    status: "error",
    message: `${result.message}; ${what}: [${doubt.code}] ${doubt.message}`,
    failures: [...result.failures, toFailure(doubt, what, 0)],
    open: [...result.open, ...openQuestions(doubt)],
  };
}

/** The images that the rule selects, or its results if it ends before. @throws EngineError as `findRuleImages`. */
function beginRule(run: RuleRun): RuleImages | RuleOutcome {
  const { compiled, decision, request } = run;
  try {
    if (!decision.exhaustive && !compiled.match.test(request, decision.match).matched) return nothing;
  } catch (error) {
    return stoppedRule(run, error, "failed to match the resource");
  }
  const { kind } = compiled.rule;
  if (kind === "verifyImages") return findRuleImages(run);
  if (decision.exhaustive) return nothing;
  return { ...nothing, results: [ruleResult(run, "skip", `a ${kind} rule is not decided here`)] };
}

/**
 * Whether the rule has work in the pass. The mutating pass verifies. A rule has a validating pass if it has
 * `verifyDigest` or `required`. Rules of other kinds are reported once.
 */
const speaksIn = (pass: Pass, { rule, validates }: CompiledRule): boolean =>
  rule.kind === "verifyImages" ? pass === "mutate" || validates : pass === "validate";
