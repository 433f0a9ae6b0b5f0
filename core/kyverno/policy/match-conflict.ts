/**
 * Whether an exclude leaves nothing of a match, as Kyverno's admission reckons it: by the text of criteria, not by
 * their meaning. Source: docs/spec/kyverno.md#checks-at-load.
 */
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { PolicyMap, PolicyValue } from "./policy.ts";
import { isList, isMap, listOf, mapOf, member, textOf, textsOf } from "./policy-value.ts";
import type { Limits } from "../../limits.ts";

/** Structural equality; empty and absent are one. */
function same(a: PolicyValue | undefined, b: PolicyValue | undefined): boolean {
  if (isList(a) && isList(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (isMap(a) && isMap(b))
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(member(a, key), member(b, key)));
  return a === b;
}

const isEmpty = (map: PolicyMap | undefined): boolean => map === undefined || Object.keys(map).length === 0;

/** Whether a block has no field. A list counts even when it is empty. */
function saysNothing(block: PolicyMap): boolean {
  const resources = mapOf(block, "resources");
  return (
    ["any", "all", "roles", "clusterRoles", "subjects"].every((key) => listOf(block, key) === undefined) &&
    ["kinds", "names", "namespaces", "operations"].every((key) => listOf(resources, key) === undefined) &&
    ["selector", "namespaceSelector"].every((key) => mapOf(resources, key) === undefined) &&
    isEmpty(mapOf(resources, "annotations")) &&
    (textOf(resources, "name") ?? "") === ""
  );
}

/**
 * Whether a list of exclude, if it names anything, names all that match names. A match that names nothing is not
 * covered.
 */
function covers(exclude: readonly PolicyValue[], match: readonly PolicyValue[]): boolean {
  if (exclude.length === 0) return true;
  return match.length > 0 && match.every((item) => exclude.some((other) => same(item, other)));
}

/** Labels of a selector, or annotations: exclude names them all with the same values. */
function coversLabels(exclude: PolicyMap | undefined, match: PolicyMap | undefined): boolean {
  if (isEmpty(exclude)) return true;
  return !isEmpty(match) && Object.entries(match ?? {}).every(([key, value]) => member(exclude, key) === value);
}

/** A criterion that only one of the two has keeps them apart. */
function coversSelector(exclude: PolicyMap | undefined, match: PolicyMap | undefined): boolean {
  if (exclude === undefined || match === undefined) return exclude === match;
  const expressions = covers(listOf(exclude, "matchExpressions") ?? [], listOf(match, "matchExpressions") ?? []);
  return expressions && coversLabels(mapOf(exclude, "matchLabels"), mapOf(match, "matchLabels"));
}

const criterion = (block: PolicyMap, key: string): PolicyMap | undefined => mapOf(mapOf(block, "resources"), key);

const resource = (block: PolicyMap, key: string): readonly PolicyValue[] =>
  textsOf(mapOf(block, "resources"), key) ?? [];

const matchName = (pattern: PolicyValue, name: PolicyValue, limits: Limits): boolean =>
  typeof pattern === "string" && typeof name === "string" && matchWildcard(pattern, name, limits);

/** A match without a name has the empty one. */
function coversName(match: PolicyMap, exclude: PolicyMap, limits: Limits): boolean {
  const excluded = textOf(mapOf(exclude, "resources"), "name") ?? "";
  return excluded === "" || matchWildcard(excluded, textOf(mapOf(match, "resources"), "name") ?? "", limits);
}

/** Whether a rule with this match and exclude, as in the file, applies to nothing. */
export function isMatchEmptied(match: PolicyMap, exclude: PolicyMap | undefined, limits: Limits): boolean {
  if (exclude === undefined || saysNothing(exclude)) return false;
  if ((listOf(match, "all") ?? []).length > 0 || (listOf(exclude, "all") ?? []).length > 0) return false;
  const matchAny = listOf(match, "any") ?? [];
  const excludeAny = listOf(exclude, "any") ?? [];
  if (matchAny.length > 0 && excludeAny.length > 0)
    return matchAny.some((filter) => excludeAny.some((other) => same(filter, other)));
  const users = ["roles", "clusterRoles", "subjects"].every((key) =>
    covers(listOf(exclude, key) ?? [], listOf(match, key) ?? []),
  );
  if (!users || !coversName(match, exclude, limits)) return false;
  const names = resource(exclude, "names");
  // A name in both match and exclude decides, whatever the other criteria.
  if (names.length > 0)
    return resource(match, "names").some((name) => names.some((pattern) => matchName(pattern, name, limits)));
  const resources = ["kinds", "namespaces"].every((key) => covers(resource(exclude, key), resource(match, key)));
  const selectors = ["selector", "namespaceSelector"].every((key) =>
    coversSelector(criterion(exclude, key), criterion(match, key)),
  );
  const annotations = [criterion(exclude, "annotations"), criterion(match, "annotations")] as const;
  return (
    resources && selectors && (annotations[0] === undefined) === (annotations[1] === undefined) && same(...annotations)
  );
}
