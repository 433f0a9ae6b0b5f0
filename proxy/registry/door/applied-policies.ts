/**
 * The policies that a registry can apply: at its door there is an image, and no Pod, namespace or user. Source:
 * docs/spec/offline.md#policy-at-the-door.
 */
import { type Digest, digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { MatchBlock, Policy, ResourceFilter, Rule } from "../../../core/kyverno/policy/policy.ts";

export interface NotApplied {
  readonly policy: string;
  /** What its verdict needs, as a part of a sentence. */
  readonly needs: string;
}

export interface DoorPolicies {
  /** Only image references select in them. */
  readonly applied: readonly Policy[];
  readonly notApplied: readonly NotApplied[];
}

/** Every image of a Pod that is made, whoever makes it. */
const everyPod: MatchBlock = { any: [{ kinds: ["Pod"] }] };

/** Variables that only a request to a cluster has. */
const ofRequest = /\{\{[^}]*\b(?:request|serviceAccountName|serviceAccountNamespace|images)\b/;

/** Sorts policies into those that are applied and those whose verdict needs a resource. */
export function doorPolicies(policies: readonly Policy[]): DoorPolicies {
  const applied: Policy[] = [];
  const notApplied: NotApplied[] = [];
  for (const policy of policies) {
    const rules = policy.spec.rules.filter(({ kind }) => kind === "verifyImages");
    if (rules.length === 0) continue;
    const needs = policyNeeds(policy) ?? rules.map(ruleNeeds).find((need) => need !== undefined);
    if (needs === undefined) applied.push(forEveryImage(policy, rules));
    else notApplied.push({ policy: policy.name, needs });
  }
  return { applied, notApplied };
}

const policyNeeds = ({ kind, spec }: Policy): string | undefined =>
  kind === "Policy"
    ? "a namespace (its kind is Policy)"
    : spec.validationFailureActionOverrides.length > 0
      ? "a namespace (validationFailureActionOverrides)"
      : undefined;

function ruleNeeds({
  match,
  exclude,
  preconditions,
  context,
  verifyImages,
  imageExtractors,
}: Rule): string | undefined {
  const filters = [...filtersOf(match), ...(exclude === undefined ? [] : filtersOf(exclude))];
  const narrow = filters.map(narrowing).find((need) => need !== undefined);
  if (narrow !== undefined) return narrow;
  if (exclude !== undefined) return "a resource (it has exclude)";
  if (preconditions !== undefined && preconditions !== null) return "a resource (it has preconditions)";
  if (imageExtractors !== undefined) return "a resource (it has imageExtractors)";
  return ofRequest.test(textOf({ context, verifyImages })) ? "a resource (its variables read the request)" : undefined;
}

const filtersOf = ({ any = [], all = [], bare }: MatchBlock): readonly ResourceFilter[] => [
  ...any,
  ...all,
  ...(bare === undefined ? [] : [bare]),
];

/** What a filter looks at beside the kind and the operation. */
function narrowing(filter: ResourceFilter): string | undefined {
  const { kinds: _, operations: __, ...rest } = filter;
  const [field] = Object.entries(rest).find(([, value]) => value !== undefined) ?? [];
  if (field === undefined) return undefined;
  const ofUser = field === "roles" || field === "clusterRoles" || field === "subjects";
  return `a ${ofUser ? "user" : field.startsWith("namespace") ? "namespace" : "resource"} (it matches by ${field})`;
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one));

/** Of the document as it was read: names which version of a policy decided. */
export const policyDigest = ({ document }: Policy): Digest => digestOf(encodeUtf8(textOf(document)));

function forEveryImage(policy: Policy, rules: readonly Rule[]): Policy {
  const open = rules.map(({ exclude: _, preconditions: __, ...rule }): Rule => ({ ...rule, match: everyPod }));
  return { ...policy, spec: { ...policy.spec, rules: open } };
}
