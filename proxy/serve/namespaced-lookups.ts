/**
 * Policies of one namespace that read the configuration of any image. The registry is asked with the server's logins,
 * which see more than their author may, and a message would show it. Source: docs/spec/kyverno.md#context-entries.
 */
import type { Policy } from "../../core/kyverno/policy/policy.ts";
import type { PolicyProblem } from "../../core/kyverno/policy/read-policy.ts";

/** One for each such entry: unless `policies.namespacedImageRegistry` is set, its policy does not load. */
export const namespacedLookups = (policies: readonly Policy[]): readonly PolicyProblem[] => policies.flatMap(lookups);

function lookups(policy: Policy): readonly PolicyProblem[] {
  if (policy.kind !== "Policy") return [];
  return policy.spec.rules.flatMap(({ context }) =>
    context.flatMap(({ name, pointer, imageRegistry }) => {
      if (imageRegistry === undefined) return [];
      const at = policy.position(pointer);
      const message =
        `the context entry ${name} asks registries with the server's logins, which no Policy of one namespace may; ` +
        "a ClusterPolicy may, or set policies.namespacedImageRegistry: true";
      return [{ ...at, code: "unsupported" as const, message, pointer, policy: policy.name }];
    }),
  );
}
