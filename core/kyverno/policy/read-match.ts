/** `match` and `exclude` as they stand in a file. Source: docs/spec/kyverno.md#match-and-exclude. */
import { listOf, mapOf, member, present, textMapOf, textOf, textsOf } from "./policy-value.ts";
import type { LabelSelector, MatchBlock, PolicyMap, PolicyValue, ResourceFilter } from "./policy.ts";

export function readSelector(value: PolicyValue | undefined): LabelSelector | undefined {
  if (value === undefined) return undefined;
  const expressions = listOf(value, "matchExpressions")?.map((expression) => ({
    key: textOf(expression, "key") ?? "",
    operator: textOf(expression, "operator") ?? "",
    ...present({ values: textsOf(expression, "values") }),
  }));
  return present({ matchLabels: textMapOf(value, "matchLabels"), matchExpressions: expressions });
}

/** A filter: criteria on the resource, and on the user beside them. */
function readFilter(value: PolicyValue | undefined): ResourceFilter {
  const resources = mapOf(value, "resources");
  const subjects = listOf(value, "subjects")?.map((subject) => ({
    kind: textOf(subject, "kind") ?? "",
    name: textOf(subject, "name") ?? "",
    ...present({ namespace: textOf(subject, "namespace") }),
  }));
  return present({
    kinds: textsOf(resources, "kinds"),
    name: textOf(resources, "name"),
    names: textsOf(resources, "names"),
    namespaces: textsOf(resources, "namespaces"),
    annotations: textMapOf(resources, "annotations"),
    selector: readSelector(member(resources, "selector")),
    namespaceSelector: readSelector(member(resources, "namespaceSelector")),
    operations: textsOf(resources, "operations"),
    roles: textsOf(value, "roles"),
    clusterRoles: textsOf(value, "clusterRoles"),
    subjects,
  });
}

/** The form that counts: `any`, else `all`, else the bare one. */
export function readMatchBlock(value: PolicyMap): MatchBlock {
  const any = listOf(value, "any");
  const all = listOf(value, "all");
  if (any !== undefined && any.length > 0) return { any: any.map(readFilter) };
  if (all !== undefined && all.length > 0) return { all: all.map(readFilter) };
  return { bare: readFilter(value) };
}

/** `undefined` for an exclude that is absent or says nothing. */
export function readExclude(value: PolicyMap | undefined): MatchBlock | undefined {
  if (value === undefined) return undefined;
  const block = readMatchBlock(value);
  return block.bare !== undefined && Object.keys(block.bare).length === 0 ? undefined : block;
}

/** The filters of a block in any form. */
export const filtersOf = ({ any, all, bare }: MatchBlock): readonly ResourceFilter[] =>
  any ?? all ?? (bare === undefined ? [] : [bare]);
