/** `Equals` and `NotEquals`. Source: docs/spec/kyverno.md#equality. */
import { matchWildcard } from "../../../patterns/wildcard.ts";
import type { PolicyValue } from "../../policy/policy.ts";
import { isList, isMap } from "../../policy/policy-value.ts";
import { durationPair, quantityOrder } from "./comparable.ts";
import { parseGoFloat } from "../../../jmespath/go-number.ts";
import type { Limits } from "../../../limits.ts";

/** Go's `reflect.DeepEqual` on decoded values: an integer is never a double. */
export function deepEqual(left: PolicyValue, right: PolicyValue): boolean {
  if (isList(left))
    return (
      isList(right) &&
      left.length === right.length &&
      left.every((item, index) => deepEqual(item, right[index] ?? null))
    );
  if (!isMap(left) || !isMap(right)) return left === right;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key] ?? null, right[key] ?? null))
  );
}

function stringEquals(key: string, value: PolicyValue, limits: Limits): boolean {
  const durations = durationPair(key, value);
  if (durations !== undefined) return durations[0] === durations[1];
  if (typeof value !== "string") return false;
  const order = quantityOrder(key, value);
  if (typeof order === "number") return order === 0;
  return order === "no-key" && matchWildcard(value, key, limits);
}

/** A quantity key beside an empty text is compared as text, unlike in `Equals`. */
function stringDiffers(key: string, value: PolicyValue, limits: Limits): boolean {
  const durations = durationPair(key, value);
  if (durations !== undefined) return durations[0] !== durations[1];
  if (typeof value !== "string") return true;
  const order = quantityOrder(key, value);
  if (typeof order === "number") return order !== 0;
  return order === "no-value" || !matchWildcard(value, key, limits);
}

const numberEquals = (key: number, value: PolicyValue): boolean =>
  typeof value === "string" ? parseGoFloat(value) === key : value === key;

/** False, as for every operator, when the key is null. */
export function equals(key: PolicyValue, value: PolicyValue, limits: Limits): boolean {
  if (key === null) return false;
  if (typeof key === "string") return stringEquals(key, value, limits);
  return typeof key === "number" ? numberEquals(key, value) : deepEqual(key, value);
}

/** Its negation, but for a null key. */
export function notEquals(key: PolicyValue, value: PolicyValue, limits: Limits): boolean {
  if (key === null) return false;
  if (typeof key === "string") return stringDiffers(key, value, limits);
  return typeof key === "number" ? !numberEquals(key, value) : !deepEqual(key, value);
}
