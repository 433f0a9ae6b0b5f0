/**
 * A rule as in a file, with Kyverno's admission checks. Source: docs/spec/kyverno.md#rule-fields, #checks-at-load.
 */
import { pointer } from "../../encoding/shape.ts";
import { checkConditions } from "./check-conditions.ts";
import { checkContext } from "./check-context.ts";
import { checkImages } from "./check-images.ts";
import { checkMatch } from "./check-match.ts";
import { checkVariables } from "./check-variables.ts";
import type { FailureAction, PolicyMap, PolicyValue, Rule } from "./policy.ts";
import { flagOf, isMap, listOf, mapOf, member, present, textMapOf, textOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import { readContext, readExtractors } from "./read-context.ts";
import { readImageVerification } from "./read-images.ts";
import { readExclude, readMatchBlock } from "./read-match.ts";
import type { Limits } from "../../limits.ts";

/** The settings of the policy around a rule. */
export interface RuleSituation {
  readonly namespaced: boolean;
  readonly background: boolean;
  readonly failureAction: FailureAction;
}

const kinds = ["mutate", "validate", "generate", "verifyImages"] as const;

/** Fields that say something by being there, as they are pointers in Kyverno's types. */
const speaking: ReadonlySet<string> = new Set([
  "data",
  "generateExisting",
  "mutateExistingOnPolicyUpdate",
  "patchStrategicMerge",
  "selector",
]);

/** The empty remains of an operation in an exported policy: `generate: {clone: {}}`. */
function isLeftover(value: PolicyValue): boolean {
  if (isMap(value)) return Object.entries(value).every(([key, below]) => !speaking.has(key) && isLeftover(below));
  return Array.isArray(value) ? value.length === 0 : value === "" || value === false || value === null;
}

/** Whether the operation is there at all. Kyverno's schema gives `validate` a default, so an empty one counts. */
function isGiven(kind: Rule["kind"], value: PolicyValue | undefined): boolean {
  return value !== undefined && (kind === "validate" || !isLeftover(value));
}

function kindOf(raw: PolicyMap, at: string, findings: Findings): Rule["kind"] {
  const given = kinds.filter((kind) => isGiven(kind, member(raw, kind)));
  if (given.length !== 1)
    findings.refuse(
      at,
      `expected one of ${kinds.join(", ")}, found ${given.length === 0 ? "none of them" : given.join(" and ")}`,
    );
  return given.includes("verifyImages") ? "verifyImages" : (given[0] ?? "validate");
}

function checkRule(
  rule: Rule,
  raw: PolicyMap,
  entries: readonly PolicyMap[],
  situation: RuleSituation,
  findings: Findings,
  limits: Limits,
): void {
  const { pointer: at } = rule;
  if (rule.name === "") findings.refuse(pointer(at, "name"), "expected a name, found nothing");
  checkMatch(
    raw,
    at,
    {
      namespaced: situation.namespaced,
      background: situation.background,
      needsKinds: true,
      verifiesImages: rule.kind === "verifyImages",
    },
    findings,
    limits,
  );
  checkContext(rule.context, findings, limits);
  checkConditions(member(raw, "preconditions"), pointer(at, "preconditions"), findings);
  checkConditions(
    member(mapOf(mapOf(raw, "validate"), "deny"), "conditions"),
    `${at}/validate/deny/conditions`,
    findings,
  );
  if (rule.validate !== undefined && Object.keys(rule.validate).length === 0)
    findings.refuse(pointer(at, "validate"), "expected what is to be validated, found an empty map; remove it");
  checkImages(rule, entries, situation.failureAction, findings, limits);
  checkVariables(rule, raw, situation.background, findings, limits);
  if ((listOf(raw, "celPreconditions") ?? []).length > 0)
    findings.unsupported(pointer(at, "celPreconditions"), "celPreconditions (CEL) are not supported");
  if (rule.kind === "verifyImages") return;
  if (rule.imageExtractors !== undefined)
    findings.refuse(pointer(at, "imageExtractors"), "imageExtractors can only be defined for a verifyImages rule");
  findings.warn(
    pointer(at, rule.kind),
    `the rule ${JSON.stringify(rule.name)} is of the kind ${rule.kind}, which is not decided here`,
  );
}

/** The rule at `at`. */
export function readRule(
  raw: PolicyMap,
  at: string,
  situation: RuleSituation,
  findings: Findings,
  limits: Limits,
): Rule {
  const exclude = readExclude(mapOf(raw, "exclude"));
  const entries = listOf(raw, "verifyImages") ?? [];
  const located = entries.flatMap((entry, index) =>
    isMap(entry) ? [{ entry, at: pointer(pointer(at, "verifyImages"), index) }] : [],
  );
  const rule: Rule = {
    name: textOf(raw, "name") ?? "",
    pointer: at,
    kind: kindOf(raw, at, findings),
    match: readMatchBlock(mapOf(raw, "match") ?? {}),
    context: readContext(listOf(raw, "context") ?? [], pointer(at, "context")),
    verifyImages: located.map(({ entry, at: place }) => readImageVerification(entry, place, findings)),
    reportProperties: textMapOf(raw, "reportProperties") ?? {},
    skipBackgroundRequests: flagOf(raw, "skipBackgroundRequests") ?? true,
    ...present({
      exclude,
      preconditions: member(raw, "preconditions"),
      imageExtractors: readExtractors(mapOf(raw, "imageExtractors")),
      validate: mapOf(raw, "validate"),
    }),
  };
  checkRule(
    rule,
    raw,
    located.map(({ entry }) => entry),
    situation,
    findings,
    limits,
  );
  return rule;
}
