/**
 * Policies as a cluster runs them: first every mutating pass, in order, each over the resource as patched so far; then
 * every validating pass, over the fully patched resource. Source: docs/architecture.md#several-policies,
 * docs/spec/kyverno.md#digest-patch, #validating-pass.
 */
import { type CompiledPolicy, decidePolicy, type PolicyOutcome } from "../kyverno/image/decide-policy.ts";
import type { Pass, RuleResult } from "../kyverno/image/result.ts";
import type { DecisionRun } from "../kyverno/image/rule-run.ts";
import {
  annotationPatches,
  flatStatuses,
  type PatchOperation,
  type ScopedStatus,
  type StatusByRule,
} from "../kyverno/outcome/digest-patch.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";

export interface PassesOutcome {
  /** Results of the mutating passes, then of the validating ones. */
  readonly results: readonly RuleResult[];
  /** From the request's resource to the validated one. */
  readonly patches: readonly PatchOperation[];
  readonly warnings: readonly string[];
}

/**
 * A mutating pass that denies does not stop the others: all results are reported. The annotations are written after the
 * last mutating pass, so only validating passes see them. `only`: the passes of one kind, as a webhook of a cluster
 * runs them.
 */
export function runPasses(
  policies: readonly CompiledPolicy[],
  asked: AdmissionRequest,
  decision: DecisionRun,
  only?: Pass,
): PassesOutcome {
  if (only === "validate") return { results: validated(policies, asked, decision), patches: [], warnings: [] };
  const results: RuleResult[] = [];
  const patches: PatchOperation[] = [];
  const warnings: string[] = [];
  const mutated: PolicyOutcome[] = [];
  let request = asked;
  for (const policy of policies) {
    const outcome = decidePolicy("mutate", policy, request, decision);
    mutated.push(outcome);
    results.push(...outcome.results);
    patches.push(...outcome.patches);
    for (const warning of outcome.warnings) warnings.push(`policy ${policy.policy.name}: ${warning}`);
    if (outcome.object !== undefined && outcome.object !== request.object)
      request = { ...request, object: outcome.object };
  }
  const annotations = annotationPatches(
    request.object,
    flatStatuses(mutated.map(({ byRule }) => byRule)),
    scopedStatuses(mutated),
  );
  patches.push(...annotations);
  if (request.object !== undefined && annotations.length > 0)
    request = { ...request, object: decision.defaults.patch(request.object, annotations) };
  if (only === undefined) results.push(...validated(policies, request, decision));
  return { results, patches, warnings };
}

const validated = (
  policies: readonly CompiledPolicy[],
  request: AdmissionRequest,
  decision: DecisionRun,
): readonly RuleResult[] => policies.flatMap((policy) => decidePolicy("validate", policy, request, decision).results);

function scopedStatuses(outcomes: readonly PolicyOutcome[]): ScopedStatus {
  const scoped = new Map<string, StatusByRule>();
  for (const { policy, byRule } of outcomes)
    if (byRule.size > 0) scoped.set(`${policy.namespace ?? ""}/${policy.name}`, byRule);
  return scoped;
}
