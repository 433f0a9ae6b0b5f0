/** Whether a rule speaks of a request: match, exclude and the criteria of their filters. Source: kyverno.md sections 2.1 to 2.3. */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import type { Knowledge } from "../../question.ts";
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import type { MatchBlock, Policy, ResourceFilter, Rule } from "../policy/policy.ts";
import { type KindSelector, matchKind, parseKindSelector } from "./kind-selector.ts";
import { ask } from "./open-question.ts";
import type { AdmissionRequest } from "./request.ts";
import { type CompiledSelector, compileSelector, type Labels, testSelector } from "./selector.ts";

export interface MatchOptions {
  /** Is asked for the namespace where a `namespaceSelector` needs labels that the request does not carry. */
  readonly knowledge?: Knowledge;
  /** `none`: absent labels are no labels, as in Kyverno's command line, and nobody is asked. Default `ask`. */
  readonly absentNamespaceLabels?: "ask" | "none";
}

export interface MatchResult {
  readonly matched: boolean;
  /** Why not, for people. */
  readonly reason?: string;
}

/** What an index by kind needs: the kinds that a match names outright, and whether a filter may match others as well. */
export interface KindIndex {
  readonly named: ReadonlySet<string>;
  readonly others: boolean;
}

/** A rule's match and exclude, made ready. */
export interface CompiledMatch {
  readonly index: KindIndex;
  /**
   * Labels that nobody gave are asked for only where they decide.
   * @throws EngineError an unknown code with the namespace's question as its subject; `unresolved` when the namespace does not exist.
   */
  readonly test: (request: AdmissionRequest, options?: MatchOptions) => MatchResult;
  /** `test` without the reason. */
  readonly matches: (request: AdmissionRequest, options?: MatchOptions) => boolean;
}

/** What the criteria look at. */
interface Subject {
  readonly request: AdmissionRequest;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly namespaceLabels: () => Labels;
}

type Criterion = { readonly name: string; readonly holds: (subject: Subject) => boolean };

interface CompiledFilter {
  /** Empty: any kind. */
  readonly kinds: readonly KindSelector[];
  readonly operations: readonly string[] | undefined;
  readonly resource: readonly Criterion[];
  readonly user: readonly Criterion[];
  /** Last, since it alone may need an answer that is not there. */
  readonly namespaceSelector: CompiledSelector | undefined;
  readonly hasResourceCriteria: boolean;
}

type Form = "any" | "all" | "bare";
interface CompiledBlock {
  readonly form: Form;
  readonly filters: readonly CompiledFilter[];
}

const some = (patterns: readonly string[], text: string): boolean => patterns.some((pattern) => matchWildcard(pattern, text));

function resourceCriteria(filter: ResourceFilter): readonly Criterion[] {
  const { name, names, namespaces, annotations, selector } = filter;
  const criteria: Criterion[] = [];
  if (name !== undefined && name !== "") criteria.push({ name: "name", holds: (subject) => matchWildcard(name, subject.name) });
  if (names !== undefined && names.length > 0) criteria.push({ name: "names", holds: (subject) => some(names, subject.name) });
  if (namespaces !== undefined && namespaces.length > 0) {
    criteria.push({ name: "namespaces", holds: ({ request, ...subject }) => some(namespaces, request.kind.kind === "Namespace" ? subject.name : subject.namespace) });
  }
  if (annotations !== undefined) {
    const wanted = Object.entries(annotations);
    const fits = (found: Labels, [key, value]: readonly [string, string]): boolean => Object.entries(found).some(([name, text]) => matchWildcard(key, name) && matchWildcard(value, text));
    if (wanted.length > 0) criteria.push({ name: "annotations", holds: (subject) => wanted.every((pair) => fits(subject.annotations, pair)) });
  }
  if (selector !== undefined) {
    const compiled = compileSelector(selector);
    criteria.push({ name: "selector", holds: (subject) => testSelector(compiled, subject.labels) });
  }
  return criteria;
}

function subjectHolds(wanted: { readonly kind: string; readonly name: string; readonly namespace?: string }, { userInfo }: AdmissionRequest): boolean {
  const username = userInfo?.username ?? "";
  if (wanted.kind === "ServiceAccount") return matchWildcard(`system:serviceaccount:${wanted.namespace ?? ""}:${wanted.name}`, username);
  if (wanted.kind === "User") return matchWildcard(wanted.name, username);
  return wanted.kind === "Group" && (userInfo?.groups ?? []).some((group) => matchWildcard(wanted.name, group));
}

function userCriteria({ roles = [], clusterRoles = [], subjects = [] }: ResourceFilter): readonly Criterion[] {
  const criteria: Criterion[] = [];
  const overlaps = (wanted: readonly string[], held: readonly string[] | undefined): boolean => (held ?? []).some((role) => wanted.includes(role));
  if (roles.length > 0) criteria.push({ name: "roles", holds: ({ request }) => overlaps(roles, request.roles) });
  if (clusterRoles.length > 0) criteria.push({ name: "clusterRoles", holds: ({ request }) => overlaps(clusterRoles, request.clusterRoles) });
  if (subjects.length > 0) criteria.push({ name: "subjects", holds: ({ request }) => subjects.some((subject) => subjectHolds(subject, request)) });
  return criteria;
}

function compileFilter(filter: ResourceFilter): CompiledFilter {
  const { kinds, operations, namespaceSelector } = filter;
  const selectors = (kinds ?? []).map(parseKindSelector);
  const ofKind: Criterion = { name: "kind", holds: ({ request }) => selectors.some((selector) => matchKind(selector, request.kind, request.subResource ?? "")) };
  const resourceFields = [kinds, filter.name, filter.names, filter.namespaces, filter.annotations, filter.selector, namespaceSelector, operations];
  return {
    kinds: selectors,
    operations: operations === undefined || operations.length === 0 ? undefined : operations,
    resource: [...(selectors.length === 0 ? [] : [ofKind]), ...resourceCriteria(filter)],
    user: userCriteria(filter),
    namespaceSelector: namespaceSelector === undefined ? undefined : compileSelector(namespaceSelector),
    hasResourceCriteria: resourceFields.some((field) => field !== undefined && field !== ""),
  };
}

function compileBlock(block: MatchBlock): CompiledBlock {
  if (block.any !== undefined && block.any.length > 0) return { form: "any", filters: block.any.map(compileFilter) };
  if (block.all !== undefined && block.all.length > 0) return { form: "all", filters: block.all.map(compileFilter) };
  return { form: "bare", filters: [compileFilter(block.bare ?? {})] };
}

/** Whether the request says nothing of who makes it. */
function isAnonymous({ userInfo = {}, roles = [], clusterRoles = [] }: AdmissionRequest): boolean {
  const { username = "", uid = "", groups = [], extra = {} } = userInfo;
  return username === "" && uid === "" && [roles, clusterRoles, groups, Object.keys(extra)].every((list) => list.length === 0);
}

/** Whether the filter's criteria hold; the name of the first that does not. `user` says whether user criteria count. */
function filterMisses(filter: CompiledFilter, subject: Subject, user: "judged" | "ignored"): string | undefined {
  if (!filter.hasResourceCriteria && (user === "ignored" || filter.user.length === 0)) return "no criteria";
  if (filter.operations !== undefined && !filter.operations.includes(subject.request.operation)) return "operation";
  const criteria = user === "judged" ? [...filter.resource, ...filter.user] : filter.resource;
  const missed = criteria.find((criterion) => !criterion.holds(subject));
  if (missed !== undefined) return missed.name;
  if (filter.namespaceSelector === undefined) return undefined;
  return subject.request.kind.kind !== "Namespace" && testSelector(filter.namespaceSelector, subject.namespaceLabels()) ? undefined : "namespaceSelector";
}

/** Every filter's miss. What one filter does not know is thrown only when no other one decides: `decides` tells which outcome does. */
function missesOf(block: CompiledBlock, subject: Subject, user: "judged" | "ignored", decides: (missed: string | undefined) => boolean): readonly (string | undefined)[] {
  const misses: (string | undefined)[] = [];
  let ignorance: EngineError | undefined;
  for (const filter of block.filters) {
    try {
      const missed = filterMisses(filter, subject, user);
      if (decides(missed)) return [missed];
      misses.push(missed);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      ignorance ??= error;
    }
  }
  if (ignorance !== undefined) throw ignorance;
  return misses;
}

/** The miss of a whole block, or undefined when it holds. */
function blockMisses(block: CompiledBlock, subject: Subject, user: "judged" | "ignored"): string | undefined {
  if (block.form === "any") {
    const misses = missesOf(block, subject, user, (missed) => missed === undefined);
    return misses.includes(undefined) ? undefined : misses[0];
  }
  return missesOf(block, subject, user, (missed) => missed !== undefined).find((missed) => missed !== undefined);
}

const stringMap = (value: JsonValue | undefined): Labels => {
  const result: Record<string, string> = Object.create(null);
  if (isObject(value)) for (const [key, text] of Object.entries(value)) if (typeof text === "string") result[key] = text;
  return result;
};

const text = (value: JsonValue | undefined): string => (typeof value === "string" ? value : "");

/** The resource that a request is about: the new one, else (DELETE) the old one. */
export const resourceOf = (request: AdmissionRequest): JsonObject | undefined => request.object ?? request.oldObject;

function askLabels(namespace: string, options: MatchOptions): Labels {
  const known = ask({ kind: "cluster", verb: "get", apiVersion: "v1", resource: "namespaces", name: namespace }, options.knowledge);
  if (known === undefined) throw new EngineError("unresolved", `failed to get namespace ${namespace}`, { subject: namespace });
  const metadata = isObject(known.value) ? known.value.metadata : undefined;
  return stringMap(isObject(metadata) ? metadata.labels : undefined);
}

function subjectOf(request: AdmissionRequest, resource: JsonObject, options: MatchOptions): Subject {
  const metadata = isObject(resource.metadata) ? resource.metadata : {};
  const namespace = request.kind.kind === "Namespace" ? "" : request.namespace || text(metadata.namespace);
  const absent = namespace === "" || options.absentNamespaceLabels === "none";
  return {
    request,
    name: text(metadata.name) || text(metadata.generateName),
    namespace,
    labels: stringMap(metadata.labels),
    annotations: stringMap(metadata.annotations),
    namespaceLabels: () => request.namespaceLabels ?? (absent ? {} : askLabels(namespace, options)),
  };
}

const no = (reason: string): MatchResult => ({ matched: false, reason });

function indexKinds({ filters }: CompiledBlock): KindIndex {
  const kinds = filters.flatMap((filter) => filter.kinds.map((selector) => selector.kind));
  return { named: new Set(kinds.filter((kind) => !containsWildcard(kind))), others: filters.some((filter) => filter.kinds.length === 0) || kinds.some(containsWildcard) };
}

/** What a rule asks of a request, with nothing left to parse. */
export function compileMatch(rule: Pick<Rule, "match" | "exclude">, policy: Pick<Policy, "kind" | "namespace">): CompiledMatch {
  const match = compileBlock(rule.match);
  const exclude = rule.exclude === undefined ? undefined : compileBlock(rule.exclude);
  const home = policy.kind === "Policy" ? policy.namespace || "default" : undefined;
  const isExcluded = (subject: Subject): boolean => exclude !== undefined && blockMisses(exclude, subject, "judged") === undefined;
  const test: CompiledMatch["test"] = (request, options = {}) => {
    const resource = resourceOf(request);
    if (resource === undefined) return no("the request carries no resource");
    const subject = subjectOf(request, resource, options);
    if (home !== undefined && subject.namespace !== home) return no("the policy is of another namespace");
    let missed: string | undefined;
    try {
      missed = blockMisses(match, subject, isAnonymous(request) ? "ignored" : "judged");
    } catch (error) {
      // What is certainly excluded need not be known to match.
      if (error instanceof EngineError && isExcluded(subject)) return no("excluded");
      throw error;
    }
    if (missed !== undefined) return no(`match: ${missed}`);
    return isExcluded(subject) ? no("excluded") : { matched: true };
  };
  return { index: indexKinds(match), test, matches: (request, options) => test(request, options).matched };
}

/** One look at a rule that is not kept in compiled form. */
export const matchRule = (rule: Rule, policy: Policy, request: AdmissionRequest, options: MatchOptions = {}): MatchResult => compileMatch(rule, policy).test(request, options);

/** The kinds of a rule's match, for an index over rules. */
export const kindsOf = (rule: Pick<Rule, "match">): KindIndex => indexKinds(compileBlock(rule.match));
