/** The effective failure action of a rule. Source: docs/spec/kyverno.md#failure-action. */
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { FailureAction, ImageVerification, Policy } from "../policy/policy.ts";
import { matchSelector } from "../rule/selector.ts";
import type { AdmissionRequest } from "../rule/request.ts";
import { defaultLimits } from "../../limits.ts";

const isAction = (text: string): boolean => /^(audit|enforce)$/i.test(text);
const toAction = (text: string): FailureAction => (text === "Enforce" || text === "enforce" ? "Enforce" : "Audit");

/**
 * Entries of the rule first (any Enforce wins, else the first given), then the policy's overrides for the namespace,
 * then the policy's action.
 */
export function failureActionOf(
  policy: Policy,
  entries: readonly ImageVerification[],
  request: AdmissionRequest,
): FailureAction {
  const own = entries.map((entry) => entry.failureAction).filter((action) => action !== undefined);
  if (own.includes("Enforce")) return "Enforce";
  if (own[0] !== undefined) return own[0];
  for (const override of policy.spec.validationFailureActionOverrides) {
    if (!isAction(override.action)) continue;
    const selected =
      override.namespaceSelector === undefined ||
      matchSelector(override.namespaceSelector, request.namespaceLabels ?? {});
    const named =
      override.namespaces === undefined ||
      override.namespaces.some((pattern) => matchWildcard(pattern, request.namespace ?? "", defaultLimits));
    if (selected && named) return toAction(override.action);
  }
  return policy.spec.validationFailureAction;
}
