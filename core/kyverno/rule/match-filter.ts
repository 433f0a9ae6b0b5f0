/**
 * One filter of a match or exclude block: what it asks of a request. Source: docs/spec/kyverno.md#match-and-exclude.
 */
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { ResourceFilter } from "../policy/policy.ts";
import { type KindSelector, matchKind, parseKindSelector } from "./kind-selector.ts";
import type { MatchSubject } from "./match-subject.ts";
import type { AdmissionRequest } from "./request.ts";
import { type CompiledSelector, compileSelector, type Labels, testSelector } from "./selector.ts";
import type { Limits } from "../../limits.ts";

type Criterion = { readonly name: string; readonly holds: (subject: MatchSubject) => boolean };

export interface CompiledFilter {
  /** Empty: any kind. */
  readonly kinds: readonly KindSelector[];
  readonly operations: readonly string[] | undefined;
  readonly resource: readonly Criterion[];
  readonly user: readonly Criterion[];
  /** Last, since it alone may need an answer that is not there. */
  readonly namespaceSelector: CompiledSelector | undefined;
  readonly hasResourceCriteria: boolean;
  /** A list of users counts even when it is empty: a filter of nothing else holds. */
  readonly hasUserCriteria: boolean;
}

const some = (patterns: readonly string[], text: string, limits: Limits): boolean =>
  patterns.some((pattern) => matchWildcard(pattern, text, limits));

function resourceCriteria(filter: ResourceFilter, limits: Limits): readonly Criterion[] {
  const { name, names, namespaces, annotations, selector } = filter;
  const criteria: Criterion[] = [];
  if (name !== undefined && name !== "")
    criteria.push({ name: "name", holds: (subject) => matchWildcard(name, subject.name, limits) });
  if (names !== undefined && names.length > 0)
    criteria.push({ name: "names", holds: (subject) => some(names, subject.name, limits) });
  if (namespaces !== undefined && namespaces.length > 0) {
    criteria.push({
      name: "namespaces",
      holds: (subject) =>
        some(namespaces, subject.request.kind.kind === "Namespace" ? subject.name : subject.namespace, limits),
    });
  }
  if (annotations !== undefined) {
    const wanted = Object.entries(annotations);
    const fits = (found: Labels, [key, value]: readonly [string, string]): boolean =>
      Object.entries(found).some(
        ([name, text]) => matchWildcard(key, name, limits) && matchWildcard(value, text, limits),
      );
    if (wanted.length > 0)
      criteria.push({
        name: "annotations",
        holds: (subject) => wanted.every((pair) => fits(subject.annotations, pair)),
      });
  }
  if (selector !== undefined) {
    const compiled = compileSelector(selector, limits);
    criteria.push({ name: "selector", holds: (subject) => testSelector(compiled, subject.labels) });
  }
  return criteria;
}

function subjectHolds(
  wanted: { readonly kind: string; readonly name: string; readonly namespace?: string },
  { userInfo }: AdmissionRequest,
  limits: Limits,
): boolean {
  const username = userInfo?.username ?? "";
  if (wanted.kind === "ServiceAccount")
    return matchWildcard(`system:serviceaccount:${wanted.namespace ?? ""}:${wanted.name}`, username, limits);
  if (wanted.kind === "User") return matchWildcard(wanted.name, username, limits);
  return wanted.kind === "Group" && (userInfo?.groups ?? []).some((group) => matchWildcard(wanted.name, group, limits));
}

function userCriteria(
  { roles = [], clusterRoles = [], subjects = [] }: ResourceFilter,
  limits: Limits,
): readonly Criterion[] {
  const criteria: Criterion[] = [];
  const overlaps = (wanted: readonly string[], held: readonly string[] | undefined): boolean =>
    (held ?? []).some((role) => wanted.includes(role));
  if (roles.length > 0) criteria.push({ name: "roles", holds: ({ request }) => overlaps(roles, request.roles) });
  if (clusterRoles.length > 0)
    criteria.push({ name: "clusterRoles", holds: ({ request }) => overlaps(clusterRoles, request.clusterRoles) });
  if (subjects.length > 0)
    criteria.push({
      name: "subjects",
      holds: ({ request }) => subjects.some((subject) => subjectHolds(subject, request, limits)),
    });
  return criteria;
}

export function compileFilter(filter: ResourceFilter, limits: Limits): CompiledFilter {
  const { kinds, operations, namespaceSelector } = filter;
  const selectors = (kinds ?? []).map(parseKindSelector);
  const ofKind: Criterion = {
    name: "kind",
    holds: ({ request }) =>
      selectors.some((selector) => matchKind(selector, request.kind, request.subResource ?? "", limits)),
  };
  const { names, namespaces, annotations = {} } = filter;
  const lists = [kinds, names, namespaces, operations, Object.keys(annotations)];
  return {
    kinds: selectors,
    operations: operations === undefined || operations.length === 0 ? undefined : operations,
    resource: [...(selectors.length === 0 ? [] : [ofKind]), ...resourceCriteria(filter, limits)],
    user: userCriteria(filter, limits),
    namespaceSelector: namespaceSelector === undefined ? undefined : compileSelector(namespaceSelector, limits),
    hasResourceCriteria:
      lists.some((list) => list !== undefined && list.length > 0) ||
      (filter.name !== undefined && filter.name !== "") ||
      filter.selector !== undefined ||
      namespaceSelector !== undefined,
    hasUserCriteria: [filter.roles, filter.clusterRoles, filter.subjects].some((list) => list !== undefined),
  };
}

/**
 * The name of the first criterion that does not hold; `undefined` when all do. `user` says whether user criteria count.
 * @throws what `namespaceLabels` throws.
 */
export function filterMisses(
  filter: CompiledFilter,
  subject: MatchSubject,
  user: "judged" | "ignored",
): string | undefined {
  if (!filter.hasResourceCriteria && (user === "ignored" || !filter.hasUserCriteria)) return "no criteria";
  if (filter.operations !== undefined && !filter.operations.includes(subject.request.operation)) return "operation";
  const criteria = user === "judged" ? [...filter.resource, ...filter.user] : filter.resource;
  const missed = criteria.find((criterion) => !criterion.holds(subject));
  if (missed !== undefined) return missed.name;
  if (filter.namespaceSelector === undefined) return undefined;
  return subject.request.kind.kind !== "Namespace" && testSelector(filter.namespaceSelector, subject.namespaceLabels())
    ? undefined
    : "namespaceSelector";
}
