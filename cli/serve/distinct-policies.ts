/**
 * Policies that are there twice, such as those of a cluster that were put into a folder, too. A denial or a report
 * names each once. Where two of one name decide differently, both are kept. Source:
 * docs/decisions/056-serve-in-a-cluster.md.
 */
import type { Policy } from "../../core/kyverno/policy/policy.ts";

export interface DistinctPolicies {
  readonly policies: readonly Policy[];
  /** What was left out, and the same one that counts. */
  readonly same: readonly { readonly left: Policy; readonly counts: Policy }[];
}

/** Annotations that say something of a policy; others are of who keeps the object. */
const meaningful = /^(?:policies|pod-policies)\.kyverno\.io\/|^kyverno\.io\/|^sallyport\.dev\//;

/** The first of them counts. */
export function distinctPolicies(policies: readonly Policy[]): DistinctPolicies {
  const known = new Map<string, Policy>();
  const same: { left: Policy; counts: Policy }[] = [];
  const distinct = policies.filter((policy) => {
    const meaning = meaningOf(policy);
    const counts = known.get(meaning);
    if (counts === undefined) known.set(meaning, policy);
    else same.push({ left: policy, counts });
    return counts === undefined;
  });
  return { policies: distinct, same };
}

/** With the defaults: an API server writes them into its objects, in another order of members. */
const meaningOf = ({ kind, namespace = "", name, spec, ages, annotations }: Policy): string => {
  const said = Object.fromEntries(Object.entries(annotations).filter(([key]) => meaningful.test(key)));
  return JSON.stringify([kind, namespace, name, spec, ages ?? {}, said], (_, value: unknown) =>
    typeof value === "bigint" ? { whole: String(value) } : inOrder(value),
  );
};

function inOrder(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
