/**
 * `AnyIn`, `AllIn`, `AnyNotIn`, `AllNotIn` and the deprecated `In`, `NotIn`. Source: docs/spec/kyverno.md#membership.
 */
import { parseJson } from "../../../encoding/json.ts";
import { EngineError } from "../../../errors.ts";
import { goText } from "../../../jmespath/go-text.ts";
import { matchWildcard } from "../../../patterns/wildcard.ts";
import type { PolicyValue } from "../../policy/policy.ts";
import { isList } from "../../policy/policy-value.ts";
import { isInsideRange, isOutsideRange, isRange } from "./range.ts";
import type { Limits } from "../../../limits.ts";

export type Membership = "AnyIn" | "AllIn" | "AnyNotIn" | "AllNotIn";
export type LegacyMembership = "In" | "NotIn";

function checkPairs(keys: number, values: number, limits: Limits): void {
  if (keys * values > limits.conditionPairs)
    throw new EngineError("over-budget", `a condition compares ${keys} keys with ${values} values`);
}

const eitherWay = (left: string, right: string, limits: Limits): boolean =>
  matchWildcard(left, right, limits) || matchWildcard(right, left, limits);

/**
 * A list of texts that a text holds as JSON; the text itself when it is no JSON; `undefined` when it is JSON of another
 * kind.
 */
function textsIn(
  text: string,
  otherwise: readonly string[] | undefined,
  limits: Limits,
): readonly string[] | undefined {
  const value = readJson(text, limits);
  if (value === undefined) return otherwise;
  if (value.json === null) return [];
  if (!Array.isArray(value.json)) return undefined;
  const texts = (value.json as readonly unknown[]).map((item) => (item === null ? "" : item));
  return texts.every((item) => typeof item === "string") ? (texts as readonly string[]) : undefined;
}

function readJson(text: string, limits: Limits): { readonly json: unknown } | undefined {
  try {
    return { json: parseJson(text, { duplicateKeys: "last-wins", limits }) };
  } catch (error) {
    if (error instanceof EngineError && error.code === "malformed") return undefined;
    throw error;
  }
}

/** Whether a scalar key is in the value; `undefined` when the value is of a kind that no operator takes. */
function scalarIn(key: string, value: PolicyValue, limits: Limits): boolean | undefined {
  if (isList(value)) return value.some((item) => eitherWay(goText(item), key, limits));
  if (typeof value !== "string") return undefined;
  if (matchWildcard(value, key, limits)) return true;
  if (isRange(value)) return isInsideRange(key, value, limits);
  return textsIn(value, [value], limits)?.includes(key);
}

function listHolds(keys: readonly string[], values: readonly string[], operator: Membership, limits: Limits): boolean {
  checkPairs(keys.length, values.length, limits);
  const found = (key: string): boolean => values.some((value) => eitherWay(value, key, limits));
  switch (operator) {
    case "AnyIn":
      return keys.some(found);
    case "AllIn":
      return keys.every(found);
    case "AnyNotIn":
      return !keys.every(found);
    case "AllNotIn":
      return !keys.some(found);
  }
}

function rangeHolds(keys: readonly string[], range: string, operator: Membership, limits: Limits): boolean {
  const within = (key: string): boolean => isInsideRange(key, range, limits);
  switch (operator) {
    case "AnyIn":
      return keys.some(within);
    case "AllIn":
      return keys.every(within);
    case "AnyNotIn":
      return keys.some((key) => isOutsideRange(key, range, limits));
    case "AllNotIn":
      return !keys.some(within);
  }
}

function listIn(keys: readonly string[], value: PolicyValue, operator: Membership, limits: Limits): boolean {
  if (isList(value))
    return listHolds(
      keys,
      value.map((item) => goText(item)),
      operator,
      limits,
    );
  if (typeof value === "string") {
    if (keys.length === 1 && keys[0] === value) return operator === "AnyIn" || operator === "AllIn";
    if (isRange(value)) return rangeHolds(keys, value, operator, limits);
    const values = textsIn(value, [value], limits);
    return values !== undefined && listHolds(keys, values, operator, limits);
  }
  const takesScalars = operator === "AnyIn" || operator === "AnyNotIn";
  return (
    takesScalars &&
    (typeof value === "number" || typeof value === "boolean") &&
    listHolds(keys, [goText(value)], operator, limits)
  );
}

const isScalar = (key: PolicyValue): boolean =>
  typeof key === "string" || typeof key === "number" || typeof key === "boolean";

/** A map or null as key holds for none of them, negative or not. */
export function isMember(key: PolicyValue, value: PolicyValue, operator: Membership, limits: Limits): boolean {
  if (isList(key))
    return listIn(
      key.map((item) => goText(item)),
      value,
      operator,
      limits,
    );
  if (!isScalar(key)) return false;
  const found = scalarIn(goText(key), value, limits);
  return found !== undefined && found === (operator === "AnyIn" || operator === "AllIn");
}

function legacyScalarIn(key: string, value: PolicyValue, limits: Limits): boolean | undefined {
  if (isList(value)) return value.some((item) => eitherWay(goText(item), key, limits));
  if (typeof value !== "string") return undefined;
  return matchWildcard(value, key, limits) ? true : textsIn(value, undefined, limits)?.includes(key);
}

/** @throws EngineError `unresolved` on a list key with an element that is not a text, where Kyverno panics. */
export function isLegacyMember(
  key: PolicyValue,
  value: PolicyValue,
  operator: LegacyMembership,
  limits: Limits,
): boolean {
  if (!isList(key)) {
    const found = isScalar(key) ? legacyScalarIn(goText(key), value, limits) : undefined;
    return found !== undefined && found === (operator === "In");
  }
  const keys = key.map((item) => {
    if (typeof item === "string") return item;
    throw new EngineError("unresolved", `the list key of ${operator} holds ${goText(item)}, which is not a text`);
  });
  // Kyverno calls this a hit for both operators.
  if (typeof value === "string" && keys.length === 1 && keys[0] === value) return true;
  const values = isList(value)
    ? value.every((item) => typeof item === "string")
      ? (value as readonly string[])
      : undefined
    : typeof value === "string"
      ? textsIn(value, undefined, limits)
      : undefined;
  if (values === undefined) return false;
  const held = new Set(values);
  const all = keys.every((item) => held.has(item));
  return operator === "In" ? all : !all;
}
