/** Policies that a webhook cannot obey. Source: docs/spec/kyverno.md#match-and-exclude. */
import { EngineError } from "../errors.ts";
import type { Policy } from "../kyverno/policy/policy.ts";

/**
 * An API server does not say which roles a user has. A rule that selects by roles would select nothing, so that images
 * went by unseen.
 * @throws EngineError `unsupported`
 */
export function refuseRoleSelectors({ name, spec, position }: Policy): void {
  for (const { match, exclude, pointer } of spec.rules)
    for (const { any = [], all = [], bare } of [match, ...(exclude === undefined ? [] : [exclude])])
      for (const { roles, clusterRoles } of [...any, ...all, ...(bare === undefined ? [] : [bare])])
        if (roles !== undefined || clusterRoles !== undefined) {
          const { file, line, column } = position(pointer);
          throw new EngineError(
            "unsupported",
            `the policy ${name} selects by roles, which a review does not name: select by subjects (groups and users)`,
            { subject: `${file}:${line}:${column}` },
          );
        }
}
