/**
 * Conditions of preconditions, denials and attestations. Source: docs/spec/kyverno.md#attestation-entries,
 * #checks-at-load, #conditions.
 */
import { pointer } from "../../encoding/shape.ts";
import { nearestName } from "./nearest-name.ts";
import type { PolicyMap, PolicyValue } from "./policy.ts";
import { describe, isList, isMap, listOf, member, textOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import { attestationOperators } from "./schema-images.ts";

/** Every operator, spelt as it must be. */
const operators: ReadonlySet<string> = new Set([...attestationOperators, "Equal", "NotEqual"]);

const successors: Readonly<Record<string, string>> = { In: "AllIn or AnyIn", NotIn: "AllNotIn or AnyNotIn" };

const fields = ["key", "operator", "value", "message"];

const operations: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "DELETE", "CONNECT"]);

const didYouMean = (name: string): string => `did you mean ${JSON.stringify(name)}?`;

function checkCondition(condition: PolicyMap, at: string, findings: Findings): void {
  for (const key of Object.keys(condition)) {
    if (fields.includes(key)) continue;
    const nearest = nearestName(key, fields);
    const hint = nearest === undefined ? `the fields of a condition are ${fields.join(", ")}` : didYouMean(nearest);
    findings.refuse(pointer(at, key), `unknown field; ${hint}`);
  }
  const missing = ["key", "operator", "value"].filter((key) => member(condition, key) === undefined);
  if (missing.length > 0)
    findings.refuse(
      at,
      `a condition needs key, operator and value, ${missing.join(" and ")} ` +
        `${missing.length === 1 ? "is" : "are"} missing, null or misspelt`,
    );
  checkOperator(member(condition, "operator"), pointer(at, "operator"), findings);
  checkOperations(condition, at, findings);
}

function checkOperator(operator: PolicyValue | undefined, at: string, findings: Findings): void {
  if (operator === undefined) return;
  if (typeof operator !== "string" || !operators.has(operator)) {
    const nearest = typeof operator === "string" ? nearestName(operator, operators) : undefined;
    const hint = nearest === undefined ? `the operators are ${[...operators].join(", ")}` : didYouMean(nearest);
    findings.refuse(at, `expected an operator, found ${describe(operator)}; ${hint}`);
    return;
  }
  const successor =
    successors[operator] ?? (operator.startsWith("Duration") ? operator.slice("Duration".length) : undefined);
  if (successor !== undefined)
    findings.warn(at, `the operator ${operator} has been deprecated and will be removed soon; use ${successor}`);
}

/** A condition on the operation must name existing operations. */
function checkOperations(condition: PolicyMap, at: string, findings: Findings): void {
  if (textOf(condition, "key")?.replaceAll(" ", "") !== "{{request.operation}}") return;
  const value = member(condition, "value");
  // A variable may stand in place of the value, not inside of a list.
  if (value === undefined || (typeof value === "string" && /^\{\{.*\}\}$/s.test(value))) return;
  const wrong = (isList(value) ? value : [value]).find((name) => typeof name !== "string" || !operations.has(name));
  if (wrong !== undefined)
    findings.refuse(pointer(at, "value"), `expected CREATE, UPDATE, DELETE or CONNECT, found ${describe(wrong)}`);
}

function checkList(list: PolicyValue | undefined, at: string, findings: Findings): void {
  if (list === undefined) return;
  if (!isList(list)) findings.refuse(at, `expected a list of conditions, found ${describe(list)}`);
  else {
    for (const [index, condition] of list.entries()) {
      if (isMap(condition)) checkCondition(condition, pointer(at, index), findings);
      else findings.refuse(pointer(at, index), `expected a condition, found ${describe(condition)}`);
    }
  }
}

/** `preconditions` or `deny.conditions`: a block of any and all, or the old plain list. */
export function checkConditions(value: PolicyValue | undefined, at: string, findings: Findings): void {
  if (value === undefined || value === null) return;
  if (isList(value)) checkList(value, at, findings);
  else if (!isMap(value)) findings.refuse(at, `expected a map of any and all, found ${describe(value)}`);
  else {
    for (const [key, list] of Object.entries(value)) {
      if (key === "any" || key === "all") checkList(list ?? undefined, pointer(at, key), findings);
      else findings.refuse(pointer(at, key), "unknown field; conditions stand under any or all");
    }
  }
}

/** Blocks of an attestation. Differs: an empty `any` or `all` is refused; Kyverno passes it. */
export function checkAttestationConditions(blocks: readonly PolicyValue[], at: string, findings: Findings): void {
  blocks.forEach((block, index) => {
    const here = pointer(at, index);
    if (isMap(block) && Object.keys(block).length === 0) findings.refuse(here, "expected any or all, found neither");
    for (const key of ["any", "all"]) {
      const conditions = listOf(block, key);
      if (conditions === undefined) continue;
      if (conditions.length === 0) findings.refuse(pointer(here, key), "expected at least one condition, found none");
      checkList(conditions, pointer(here, key), findings);
    }
  });
}
