/** The effective failure action of a rule. Source: docs/spec/kyverno.md#failure-action. */
import { EngineError } from "../../errors.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { FailureAction, ImageVerification, Policy } from "../policy/policy.ts";
import { toFailureAction } from "../policy/policy-value.ts";
import { type MatchOptions, namespaceLabelsOf } from "../rule/match-subject.ts";
import { matchSelector } from "../rule/selector.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import type { Limits } from "../../limits.ts";

const isAction = (text: string): boolean => /^(audit|enforce)$/i.test(text);

/**
 * Entries of the rule first (any Enforce wins, else the first given), then the policy's overrides for the namespace,
 * then the policy's action. The namespace's labels are asked for only if they matter.
 * @throws EngineError as a `namespaceSelector` of `match` does.
 */
export function failureActionOf(
  policy: Policy,
  entries: readonly ImageVerification[],
  request: AdmissionRequest,
  limits: Limits,
  options: MatchOptions = {},
): FailureAction {
  const own = entries.map((entry) => entry.failureAction).filter((action) => action !== undefined);
  if (own.includes("Enforce")) return "Enforce";
  if (own[0] !== undefined) return own[0];
  const { validationFailureAction, validationFailureActionOverrides } = policy.spec;
  const fitting = validationFailureActionOverrides.filter(
    ({ action, namespaces }) =>
      isAction(action) &&
      (namespaces === undefined ||
        namespaces.some((pattern) => matchWildcard(pattern, request.namespace ?? "", limits))),
  );
  const from = (index: number): FailureAction => {
    const override = fitting[index];
    if (override === undefined) return validationFailureAction;
    const action = toFailureAction(override.action);
    if (override.namespaceSelector === undefined) return action;
    let fits: boolean;
    try {
      fits = matchSelector(override.namespaceSelector, namespaceLabelsOf(request, options), limits);
    } catch (error) {
      // If the action is the same either way, it need not be known whether the override fits.
      if (error instanceof EngineError && from(index + 1) === action) return action;
      throw error;
    }
    return fits ? action : from(index + 1);
  };
  return from(0);
}
