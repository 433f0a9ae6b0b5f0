/** Rules for Pods extended to the controllers that make Pods. Source: docs/spec/kyverno.md#autogen. */
import { compareText } from "../../jmespath/value.ts";
import type { MatchBlock, Policy, ResourceFilter, Rule } from "./policy.ts";
import { listOf, member, textOf } from "./policy-value.ts";
import { filtersOf } from "./read-match.ts";

/** The annotation of a policy that names the controllers. */
export const autogenAnnotation = "pod-policies.kyverno.io/autogen-controllers";

/** The controllers other than CronJob by the kinds that generated rules match, in their order. */
const controllerKinds: Readonly<Record<string, string>> = {
  DaemonSet: "apps/v1/DaemonSet",
  Deployment: "apps/v1/Deployment",
  Job: "batch/v1/Job",
  ReplicaSet: "apps/v1/ReplicaSet",
  ReplicationController: "v1/ReplicationController",
  StatefulSet: "apps/v1/StatefulSet",
};
const cronJob = "CronJob";

/** Every kind that rules can be generated for. */
export const autogenKinds: readonly string[] = [...Object.keys(controllerKinds), cronJob];

const maxNameLength = 63;

const version = /^(v\d((alpha|beta)\d)?|\*)$/;

/** The kind of a selector such as `apps/v1/Deployment`, `v1/Pod/status` or `Pod.status`. */
function kindOf(selector: string): string {
  const parts = selector.split("/");
  const [first = "", second = "", third = ""] = parts;
  const withoutSubresource = (kind: string): string => kind.split(".")[0] ?? "";
  if (parts.length === 1) return withoutSubresource(first);
  if (parts.length === 2) return version.test(first) ? withoutSubresource(second) : first;
  if (parts.length === 3) return version.test(first) ? second : withoutSubresource(third);
  return parts.length === 4 ? third : "";
}

const namesPod = (kinds: readonly string[]): boolean => kinds.some((kind) => kindOf(kind) === "Pod");

/** Whether a filter keeps rules from being generated: by criteria that Pods and controllers do not share. */
const isBlocking = ({ name, names, selector, annotations, kinds = [] }: ResourceFilter): boolean =>
  (name !== undefined && name !== "") ||
  (names?.length ?? 0) > 0 ||
  selector !== undefined ||
  annotations !== undefined ||
  (kinds.length > 1 && namesPod(kinds));

const blocksOf = (rule: Rule): readonly ResourceFilter[] => [
  ...filtersOf(rule.match),
  ...(rule.exclude === undefined ? [] : filtersOf(rule.exclude)),
];

/** A mutation by JSON patches, whose paths differ between Pods and controllers. */
function patchesByPath(policy: Policy, rule: Rule): boolean {
  const index = Number(rule.pointer.split("/").at(-1));
  const mutate = member((listOf(member(policy.document, "spec"), "rules") ?? [])[index], "mutate");
  const patches = (value: unknown): boolean => typeof value === "string" && value !== "";
  return (
    patches(textOf(mutate, "patchesJson6902")) ||
    (listOf(mutate, "foreach") ?? []).some((item) => patches(textOf(item, "patchesJson6902")))
  );
}

/** One rule that cannot be extended keeps all others of its policy from it. */
function isEligible(policy: Policy): boolean {
  const { rules } = policy.spec;
  if (rules.some((rule) => rule.kind === "generate" || (rule.kind === "mutate" && patchesByPath(policy, rule))))
    return false;
  const filters = rules.flatMap(blocksOf);
  const plain = new Set(["Pod", ...autogenKinds]);
  return !filters.some(isBlocking) && filters.some(({ kinds = [] }) => kinds.some((kind) => plain.has(kind)));
}

interface Controllers {
  /** The kinds for the rule of the others; empty: there is no such rule. */
  readonly kinds: readonly string[];
  readonly cronJob: boolean;
}

/** The controllers that the annotation names, of which one kind may be wanted alone. */
function controllersOf(policy: Policy, forKind: string | undefined): Controllers {
  const annotation = policy.annotations[autogenAnnotation];
  const listed = annotation?.split(",") ?? autogenKinds;
  if (annotation === "none" || (forKind !== undefined && !listed.includes(forKind)))
    return { kinds: [], cronJob: false };
  const names = forKind === undefined ? [...new Set(listed)].sort(compareText) : [forKind];
  // Kyverno looks for these two anywhere in the text.
  return {
    kinds: kindsFor(names.filter((name) => name !== cronJob)),
    cronJob: names.some((name) => name.includes(cronJob) || name.includes("all")),
  };
}

/** Unknown names beside known ones are dropped; alone they count as kinds. */
function kindsFor(names: readonly string[]): readonly string[] {
  if (names.length === 0 || (names.length === 1 && names[0] === "")) return [];
  if (names.length === 1 && names[0] === "all") return Object.values(controllerKinds);
  const known = names.flatMap((name) => (Object.hasOwn(controllerKinds, name) ? (controllerKinds[name] ?? []) : []));
  return known.length === 0 ? names.map((name) => (name === "Pod" ? "v1/Pod" : name)) : known;
}

const isGenerated = (rule: Rule): boolean => rule.name.startsWith("autogen-");

function canExpand(rule: Rule): boolean {
  const excluded = (rule.exclude === undefined ? [] : filtersOf(rule.exclude)).flatMap(({ kinds = [] }) => kinds);
  return (
    !isGenerated(rule) &&
    namesPod(filtersOf(rule.match).flatMap(({ kinds = [] }) => kinds)) &&
    (excluded.length === 0 || namesPod(excluded))
  );
}

/**
 * Kinds replaced in the filters that name Pod, for CronJob in all of them; a bare block has one filter, whose kinds an
 * exclude may lack.
 */
function replaceKinds(
  block: MatchBlock,
  kinds: readonly string[],
  role: "match" | "exclude",
  every: boolean,
): MatchBlock {
  const replace = (filter: ResourceFilter): ResourceFilter =>
    every || namesPod(filter.kinds ?? []) ? { ...filter, kinds } : filter;
  if (block.any !== undefined) return { any: block.any.map(replace) };
  if (block.all !== undefined) return { all: block.all.map(replace) };
  return {
    bare: role === "match" || (block.bare?.kinds ?? []).length > 0 ? { ...block.bare, kinds } : (block.bare ?? {}),
  };
}

const roots = ["spec", "metadata"] as const;

/** Every string of a value, keys included, with paths of a Pod turned into those of its template. */
function rewrite<T>(value: T, template: string): T;
function rewrite(value: unknown, template: string): unknown {
  if (typeof value === "string") {
    if (!value.includes("request.o")) return value;
    let text = value;
    for (const object of ["request.object", "request.oldObject"])
      for (const root of roots) text = text.replaceAll(`${object}.${root}`, `${object}.${template}.${root}`);
    return text;
  }
  if (Array.isArray(value)) return value.map((item) => rewrite(item, template));
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) result[rewrite(key, template)] = rewrite(entry, template);
  return result;
}

function generate(rule: Rule, prefix: "autogen" | "autogen-cronjob", kinds: readonly string[]): Rule {
  const { imageExtractors: _, ...copied } = rule;
  const forCronJob = prefix === "autogen-cronjob";
  return {
    ...rewrite(copied, forCronJob ? "spec.jobTemplate.spec.template" : "spec.template"),
    name: `${prefix}-${rule.name}`.slice(0, maxNameLength),
    pointer: rule.pointer,
    match: replaceKinds(rule.match, kinds, "match", forCronJob),
    ...(rule.exclude === undefined ? {} : { exclude: replaceKinds(rule.exclude, kinds, "exclude", forCronJob) }),
  };
}

/**
 * The rules of a policy with those generated for controllers. With `forKind` only rules for that kind are generated,
 * and none where the policy does not extend to it. Image extractors are not copied: those of the controller's kind
 * apply.
 */
export function expandRules(policy: Policy, forKind?: string): readonly Rule[] {
  const { rules } = policy.spec;
  const controllers = controllersOf(policy, forKind);
  if ((controllers.kinds.length === 0 && !controllers.cronJob) || !isEligible(policy)) return rules;
  const generated = rules
    .filter(canExpand)
    .flatMap((rule) => [
      ...(controllers.kinds.length === 0 ? [] : [generate(rule, "autogen", controllers.kinds)]),
      ...(controllers.cronJob ? [generate(rule, "autogen-cronjob", [`batch/v1/${cronJob}`])] : []),
    ]);
  return generated.length === 0 ? rules : [...rules.filter((rule) => !isGenerated(rule)), ...generated];
}
