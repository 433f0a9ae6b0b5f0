/**
 * Policy exceptions: which rules they excuse for which requests. Source: Kyverno PolicyException
 * (docs/spec/kyverno.md#order-inside-a-rule, #deciding-a-rule).
 */
import { EngineError } from "../../errors.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { PolicyException } from "../policy/exceptions.ts";
import type { Policy, PolicyValue, Rule } from "../policy/policy.ts";
import { evaluatePreconditions } from "../rule/conditions.ts";
import type { JsonContext } from "../rule/json-context.ts";
import { type CompiledMatch, compileMatch, type MatchOptions } from "../rule/match.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import type { Limits } from "../../limits.ts";

export interface ExceptionIndex {
  /**
   * The exceptions that excuse the request from the rule, as `namespace/name`.
   * @throws EngineError with an unknown code when this depends on an open question.
   */
  matching(
    policy: Policy,
    rule: Rule,
    request: AdmissionRequest,
    options: MatchOptions,
    variables: () => JsonContext,
  ): readonly string[];
}

interface CompiledException {
  readonly exception: PolicyException;
  readonly match: CompiledMatch;
}

/** Compiles the exceptions' match blocks and groups them by the policy they name. */
export function indexExceptions(exceptions: readonly PolicyException[], limits: Limits): ExceptionIndex {
  const byPolicy = new Map<string, CompiledException[]>();
  for (const exception of exceptions) {
    const compiled = { exception, match: compileMatch({ match: exception.match }, { kind: "ClusterPolicy" }, limits) };
    for (const name of new Set(exception.exceptions.map((entry) => entry.policyName)))
      byPolicy.set(name, [...(byPolicy.get(name) ?? []), compiled]);
  }
  const none: readonly CompiledException[] = [];
  return {
    matching(policy, rule, request, options, variables) {
      const key = policy.namespace === undefined ? policy.name : `${policy.namespace}/${policy.name}`;
      return (byPolicy.get(key) ?? none)
        .filter(
          ({ exception, match }) =>
            exception.exceptions.some(
              (entry) =>
                entry.policyName === key &&
                entry.ruleNames.some((pattern) => matchWildcard(pattern, rule.name, variables().limits)),
            ) &&
            match.test(request, options).matched &&
            (exception.conditions === undefined || conditionsHold(exception.conditions, variables())),
        )
        .map(({ exception }) => `${exception.namespace}/${exception.name}`);
    },
  };
}

/**
 * Conditions that cannot be resolved do not hold, so they excuse nothing. An open question is rethrown.
 */
function conditionsHold(conditions: PolicyValue, variables: JsonContext): boolean {
  try {
    return evaluatePreconditions(conditions, variables).holds;
  } catch (error) {
    if (error instanceof EngineError && error.code === "unresolved") return false;
    throw error;
  }
}
