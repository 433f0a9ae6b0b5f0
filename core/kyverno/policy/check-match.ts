/** Kyverno's admission checks on match and exclude. Source: docs/spec/kyverno.md#checks-at-load. */
import { pointer } from "../../encoding/shape.ts";
import { checkSelector } from "./check-selector.ts";
import { isClusterKind } from "./cluster-kinds.ts";
import { eachText, findVariables } from "./find-variables.ts";
import { isMatchEmptied } from "./match-conflict.ts";
import type { PolicyMap, PolicyValue } from "./policy.ts";
import { isMap, listOf, mapOf, member, textOf, textsOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

export interface MatchSituation {
  readonly namespaced: boolean;
  readonly background: boolean;
  /** Of a rule, not of an exception: it names kinds. */
  readonly needsKinds: boolean;
  /** The rule verifies images, where the kind `*` is of no use. */
  readonly verifiesImages: boolean;
}

type Located = readonly [filter: PolicyMap, at: string];

/** The filters of a block: those of any, of all, and the bare one if it is the only one. */
function filtersOf(block: PolicyMap, at: string): readonly Located[] {
  const listed = ["any", "all"].flatMap((key) =>
    (listOf(block, key) ?? []).flatMap((filter, index): Located[] =>
      isMap(filter) ? [[filter, pointer(pointer(at, key), index)]] : [],
    ),
  );
  return listed.length > 0 ? listed : [[block, at]];
}

const userFields = ["roles", "clusterRoles", "subjects"] as const;

function checkUsers(filter: PolicyMap, at: string, situation: MatchSituation, findings: Findings): void {
  (textsOf(filter, "roles") ?? []).forEach((role, index) => {
    if (role.split(":").length !== 2)
      findings.refuse(
        pointer(pointer(at, "roles"), index),
        `expected a role as namespace:name, found ${JSON.stringify(role)}`,
      );
  });
  (listOf(filter, "subjects") ?? []).forEach((subject, index) => {
    if (textOf(subject, "kind") === "ServiceAccount" && (textOf(subject, "namespace") ?? "") === "") {
      findings.refuse(pointer(pointer(at, "subjects"), index), "the subject is a ServiceAccount and has no namespace");
    }
  });
  if (!situation.background) return;
  for (const field of userFields) {
    if ((listOf(filter, field) ?? []).length > 0)
      findings.refuse(
        pointer(at, field),
        "there is no user in a background scan; set spec.background to false, or leave this out",
      );
  }
}

function checkResources(filter: PolicyMap, at: string, situation: MatchSituation, findings: Findings): void {
  const resources = mapOf(filter, "resources");
  const here = pointer(at, "resources");
  checkSelector(member(resources, "selector"), pointer(here, "selector"), findings);
  // Differs: Kyverno's admission does not look at it, and one that Kubernetes would refuse matches nothing.
  checkSelector(member(resources, "namespaceSelector"), pointer(here, "namespaceSelector"), findings, "allowed");
  if ((textOf(resources, "name") ?? "") !== "" && (textsOf(resources, "names") ?? []).length > 0)
    findings.refuse(here, "expected name or names, found both");
  if (!situation.namespaced) return;
  if ((textsOf(resources, "namespaces") ?? []).length > 0)
    findings.refuse(
      pointer(here, "namespaces"),
      "a Policy applies to its own namespace only; leave this out, or use a ClusterPolicy",
    );
  (textsOf(resources, "kinds") ?? []).forEach((kind, index) => {
    if (isClusterKind(kind))
      findings.refuse(
        pointer(pointer(here, "kinds"), index),
        `expected a kind that has a namespace in a Policy, found ${JSON.stringify(kind)}`,
      );
  });
}

/** A match needs kinds. The kind `*` must be the only one, and is not for rules over images or background scans. */
function checkKinds(
  filter: PolicyMap,
  at: string,
  situation: MatchSituation,
  isExclude: boolean,
  findings: Findings,
): void {
  const resources = mapOf(filter, "resources");
  const kinds = textsOf(resources, "kinds") ?? [];
  const here = pointer(pointer(at, "resources"), "kinds");
  if (kinds.length === 0 && !isExclude)
    findings.refuse(resources === undefined ? at : pointer(at, "resources"), "expected at least one kind, found none");
  if (!kinds.includes("*")) return;
  if (situation.verifiesImages) findings.refuse(here, 'the kind "*" does not support verifyImages; name the kinds');
  else if (kinds.length > 1) findings.refuse(here, 'the kind "*" must be the only one, found others beside it');
  else if (situation.background)
    findings.refuse(
      here,
      'the kind "*" is not allowed in a background scan; set spec.background to false, or name the kinds',
    );
}

function checkForm(block: PolicyMap, at: string, findings: Findings): void {
  const filled = ["any", "all"].filter((key) => (listOf(block, key) ?? []).length > 0);
  if (filled.length === 2) findings.refuse(at, "expected any or all, found both");
  if (filled.length === 0) return;
  if (Object.keys(mapOf(block, "resources") ?? {}).length > 0)
    findings.refuse(pointer(at, "resources"), `expected nothing beside ${filled[0]}, found resources`);
  for (const field of userFields) {
    if (member(block, field) !== undefined)
      findings.warn(pointer(at, field), `is ignored beside ${filled[0]}; write it in every filter`);
  }
}

function refuseVariables(block: PolicyValue, at: string, findings: Findings, limits: Limits): void {
  eachText(block, (text) => {
    if (findVariables(text, limits).length > 0)
      findings.refuse(at, `expected no variables, found ${JSON.stringify(text.slice(0, 80))}`);
  });
}

/** `match` and `exclude` of the rule at `at`, as they stand in the file. */
export function checkMatch(
  rule: PolicyMap,
  at: string,
  situation: MatchSituation,
  findings: Findings,
  limits: Limits,
): void {
  const match = mapOf(rule, "match");
  const exclude = mapOf(rule, "exclude");
  if (match === undefined) return;
  for (const [block, name] of [
    [match, "match"],
    [exclude, "exclude"],
  ] as const) {
    if (block === undefined) continue;
    const here = pointer(at, name);
    checkForm(block, here, findings);
    refuseVariables(block, here, findings, limits);
    for (const [filter, place] of filtersOf(block, here)) {
      checkUsers(filter, place, situation, findings);
      checkResources(filter, place, situation, findings);
      if (situation.needsKinds) checkKinds(filter, place, situation, name === "exclude", findings);
    }
  }
  if (isMatchEmptied(match, exclude, limits))
    findings.refuse(pointer(at, "exclude"), "excludes all that match names: the rule applies to nothing");
}
