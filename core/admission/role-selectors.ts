/** Policies that select by roles: a review does not name them. Source: docs/spec/kyverno.md#match-and-exclude. */
import { EngineError } from "../errors.ts";
import type { PolicyException } from "../kyverno/policy/exceptions.ts";
import type { MatchBlock, Policy, Rule } from "../kyverno/policy/policy.ts";

const namesRoles = (block: MatchBlock | undefined): boolean => {
  const { any = [], all = [], bare } = block ?? {};
  return [...any, ...all, ...(bare === undefined ? [] : [bare])].some(
    ({ roles, clusterRoles }) => roles !== undefined || clusterRoles !== undefined,
  );
};

const selectingRule = ({ spec }: Policy): Rule | undefined =>
  spec.rules.find(({ match, exclude }) => namesRoles(match) || namesRoles(exclude));

const variable = /\brequest\s*\.\s*(?:roles|clusterRoles)\b/;

/** Whether a decision needs to know the roles of the user. */
export const readsRoles = (policies: readonly Policy[], exceptions: readonly PolicyException[]): boolean =>
  exceptions.some(({ match }) => namesRoles(match)) ||
  policies.some(
    (policy) =>
      selectingRule(policy) !== undefined ||
      variable.test(JSON.stringify(policy.spec, (_, one: unknown) => (typeof one === "bigint" ? `${one}` : one))),
  );

/**
 * An API server does not say which roles a user has. Where nobody else does, a rule that selects by roles would select
 * nothing, so that images went by unseen.
 * @throws EngineError `unsupported`
 */
export function refuseRoleSelectors(policy: Policy): void {
  const rule = selectingRule(policy);
  if (rule === undefined) return;
  const { file, line, column } = policy.position(rule.pointer);
  throw new EngineError(
    "unsupported",
    `the policy ${policy.name} selects by roles, which a review does not name: let serve read the RoleBindings of ` +
      "the cluster (policies.cluster: true), or select by subjects (groups and users)",
    { subject: `${file}:${line}:${column}` },
  );
}
