/** Rules for Pods extended to the controllers that make Pods. Source: kyverno.md sections 3 and 16 (6, 25), golden autogen.jsonl. */
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

/** The kind of a selector such as `apps/v1/Deployment` or `Pod.status`. */
function kindOf(selector: string): string {
  const parts = selector.split("/");
  const versioned = /^(v\d((alpha|beta)\d)?|\*)$/;
  const last = parts.length === 1 || (parts.length === 2 && versioned.test(parts[0] ?? "")) || parts.length === 3 ? (parts.at(-1) ?? "") : (parts.at(-2) ?? "");
  return last.split(".")[0] ?? "";
}

const namesPod = (kinds: readonly string[]): boolean => kinds.some((kind) => kindOf(kind) === "Pod");

/** Whether a filter keeps rules from being generated: by criteria that Pods and controllers do not share. */
const isBlocking = ({ name, names, selector, annotations, kinds = [] }: ResourceFilter): boolean =>
  (name !== undefined && name !== "") ||
  (names?.length ?? 0) > 0 ||
  selector !== undefined ||
  annotations !== undefined ||
  (kinds.length > 1 && namesPod(kinds));

const blocksOf = (rule: Rule): readonly ResourceFilter[] => [...filtersOf(rule.match), ...(rule.exclude === undefined ? [] : filtersOf(rule.exclude))];

/** A mutation by JSON patches, which speaks of paths that differ between Pods and controllers. */
function patchesByPath(policy: Policy, rule: Rule): boolean {
  const index = Number(rule.pointer.split("/").at(-1));
  const mutate = member((listOf(member(policy.document, "spec"), "rules") ?? [])[index], "mutate");
  const patches = (value: unknown): boolean => typeof value === "string" && value !== "";
  return patches(textOf(mutate, "patchesJson6902")) || (listOf(mutate, "foreach") ?? []).some((item) => patches(textOf(item, "patchesJson6902")));
}

/** One rule that cannot be extended keeps all others of its policy from it. */
function isEligible(policy: Policy): boolean {
  const { rules } = policy.spec;
  if (rules.some((rule) => rule.kind === "generate" || (rule.kind === "mutate" && patchesByPath(policy, rule)))) return false;
  const filters = rules.flatMap(blocksOf);
  const plain = new Set(["Pod", ...autogenKinds]);
  return !filters.some(isBlocking) && filters.some(({ kinds = [] }) => kinds.some((kind) => plain.has(kind)));
}

/** The controllers that the annotation names. */
function controllersOf(policy: Policy): readonly string[] {
  const annotation = policy.annotations[autogenAnnotation];
  if (annotation === undefined) return autogenKinds;
  if (annotation === "none") return [];
  return autogenKinds.filter((kind) => annotation.split(",").includes(kind));
}

const isGenerated = (rule: Rule): boolean => rule.name.startsWith("autogen-");

function canExpand(rule: Rule): boolean {
  const excluded = (rule.exclude === undefined ? [] : filtersOf(rule.exclude)).flatMap(({ kinds = [] }) => kinds);
  return !isGenerated(rule) && namesPod(filtersOf(rule.match).flatMap(({ kinds = [] }) => kinds)) && (excluded.length === 0 || namesPod(excluded));
}

/** Kinds replaced in the filters that name Pod; a bare block has one filter, whose kinds an exclude may lack. */
function replaceKinds(block: MatchBlock, kinds: readonly string[], role: "match" | "exclude"): MatchBlock {
  const replace = (filter: ResourceFilter): ResourceFilter => (namesPod(filter.kinds ?? []) ? { ...filter, kinds } : filter);
  if (block.any !== undefined) return { any: block.any.map(replace) };
  if (block.all !== undefined) return { all: block.all.map(replace) };
  return { bare: role === "match" || (block.bare?.kinds ?? []).length > 0 ? { ...block.bare, kinds } : (block.bare ?? {}) };
}

const roots = ["spec", "metadata"] as const;

/** Every string of a value, keys included, with paths of a Pod turned into those of its template. */
function rewrite<T>(value: T, template: string): T;
function rewrite(value: unknown, template: string): unknown {
  if (typeof value === "string") {
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

function generate(rule: Rule, prefix: string, kinds: readonly string[], template: string): Rule {
  const { imageExtractors: _, ...copied } = rule;
  return {
    ...rewrite(copied, template),
    name: `${prefix}-${rule.name}`.slice(0, maxNameLength),
    pointer: rule.pointer,
    match: replaceKinds(rule.match, kinds, "match"),
    ...(rule.exclude === undefined ? {} : { exclude: replaceKinds(rule.exclude, kinds, "exclude") }),
  };
}

/**
 * The rules of a policy with those generated for controllers. With `forKind` only rules for that kind are generated, and none where the policy does not extend to it.
 * Image extractors are not copied: those of the controller's kind apply.
 */
export function expandRules(policy: Policy, forKind?: string): readonly Rule[] {
  const { rules } = policy.spec;
  const controllers = controllersOf(policy).filter((kind) => forKind === undefined || kind === forKind);
  if (controllers.length === 0 || !isEligible(policy)) return rules;
  const kinds = controllers.flatMap((controller) => controllerKinds[controller] ?? []);
  const generated = rules
    .filter(canExpand)
    .flatMap((rule) => [
      ...(kinds.length === 0 ? [] : [generate(rule, "autogen", kinds, "spec.template")]),
      ...(controllers.includes(cronJob) ? [generate(rule, "autogen-cronjob", [`batch/v1/${cronJob}`], "spec.jobTemplate.spec.template")] : []),
    ]);
  return generated.length === 0 ? rules : [...rules.filter((rule) => !isGenerated(rule)), ...generated];
}
