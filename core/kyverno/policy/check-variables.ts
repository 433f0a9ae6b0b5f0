/**
 * Variables that a rule may use: reserved ones, function calls, context entries, attestations. Source:
 * docs/spec/kyverno.md#checks-at-load.
 */
import { pointer } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { parseExpression } from "../../jmespath/parser.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import { findVariables } from "./find-variables.ts";
import type { PolicyMap, PolicyValue, Rule } from "./policy.ts";
import { isList, isMap, listOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import { expressionHint } from "./yaml-hint.ts";
import type { Limits } from "../../limits.ts";

/** Found anywhere in an expression, as Kyverno has it. */
const reserved =
  /request|serviceAccountName|serviceAccountNamespace|element|elementIndex|@|images|image|[a-z_0-9]\([^{}]/;

/** Variables that a background scan does not have. */
const ofTheUser =
  /(?:^|[^.])\b(serviceAccountName|serviceAccountNamespace|request\.userInfo|request\.roles|request\.clusterRoles)\b/;

/** A word in capitals, as the documentation has them in attestors where the reader is to put a value of his own. */
const placeholder = /^[A-Z][A-Z0-9_]*$/;

/**
 * The rule without parts that are substituted later: conditions of attestations see predicates, which are not known
 * yet.
 */
function withoutPredicates(raw: PolicyMap): PolicyMap {
  const entries = listOf(raw, "verifyImages");
  if (entries === undefined) return raw;
  const stripped = entries.map((entry): PolicyValue => {
    const attestations = listOf(entry, "attestations");
    if (!isMap(entry) || attestations === undefined) return entry;
    return {
      ...entry,
      attestations: attestations.map((attestation) =>
        isMap(attestation) ? { ...attestation, conditions: null } : attestation,
      ),
    };
  });
  return { ...raw, verifyImages: stripped };
}

function isWellFormed(expression: string, limits: Limits): boolean {
  try {
    parseExpression(expression, limits);
    return true;
  } catch (error) {
    if (error instanceof EngineError) return error.code !== "malformed";
    throw error;
  }
}

/** Fields of `validate` that bring variables of their own, or are evaluated in a way this program does not have. */
const isUndecided = (rule: Rule): boolean =>
  rule.kind === "mutate" ||
  rule.kind === "generate" ||
  Object.keys(rule.validate ?? {}).some((field) =>
    ["foreach", "pattern", "anyPattern", "cel", "podSecurity", "manifests", "assert"].includes(field),
  );

/** Reports at most one unknown variable of each name, at the nearest field of the rule. */
export function checkVariables(
  rule: Rule,
  raw: PolicyMap,
  background: boolean,
  findings: Findings,
  limits: Limits,
): void {
  if (isUndecided(rule)) return;
  const names = [
    ...rule.context.map((entry) => entry.name),
    ...rule.verifyImages.flatMap((entry) => entry.attestations.flatMap((attestation) => attestation.name ?? [])),
  ];
  const seen = new Set<string>();
  const check = (expression: string, at: string): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    if (expression === "") findings.refuse(at, "expected an expression between {{ and }}, found nothing");
    else if (placeholder.test(expression) && at.includes("/attestors/") && !names.includes(expression)) {
      // Differs: Kyverno refuses the documentation's own sample.
      findings.warn(
        at,
        `the placeholder {{${expression}}} is still to be replaced by a value; until then no image can be decided`,
      );
    } else if (!isWellFormed(expression, limits)) {
      const hint = expressionHint(expression);
      const what = `the variable {{ ${expression.slice(0, 120)} }} is not a JMESPath expression`;
      findings.refuse(at, hint === undefined ? what : `${what}; ${hint}`);
    } else if (expression.startsWith("element"))
      findings.refuse(at, `the variable {{ ${expression.slice(0, 120)} }} exists only inside foreach`);
    else if (
      !reserved.test(expression.replaceAll('"', "")) &&
      !names.some((name) => name !== "" && matchWildcard(`${name}*`, expression, limits))
    ) {
      findings.refuse(
        at,
        `the variable {{ ${expression.slice(0, 120)} }} is neither pre-defined nor a context ` +
          `entry${names.length === 0 ? "" : `; entries here: ${names.join(", ")}`}`,
      );
    } else if (background && ofTheUser.test(expression)) {
      findings.refuse(
        at,
        `the variable {{ ${expression.slice(0, 120)} }} is not known in a background scan; set spec.background ` +
          "to false, or leave it out",
      );
    }
  };
  const visit = (value: PolicyValue, at: string): void => {
    if (typeof value === "string") for (const expression of findVariables(value, limits)) check(expression, at);
    else if (isList(value)) for (const [index, item] of value.entries()) visit(item, pointer(at, index));
    else if (isMap(value)) {
      for (const [key, entry] of Object.entries(value)) {
        for (const expression of findVariables(key, limits)) check(expression, pointer(at, key));
        visit(entry, pointer(at, key));
      }
    }
  };
  for (const [key, value] of Object.entries(withoutPredicates(raw)))
    if (key !== "match" && key !== "exclude" && key !== "name") visit(value, pointer(rule.pointer, key));
}
