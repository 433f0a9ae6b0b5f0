/** `GreaterThan` and its siblings, and the deprecated `Duration` ones. Source: docs/spec/kyverno.md#ordering. */
import type { PolicyValue } from "../../policy/policy.ts";
import { durationOf, durationPair, quantityOrder } from "./comparable.ts";
import { parseGoFloat } from "../../../jmespath/go-number.ts";
import { compareVersions } from "../../quantity/version-order.ts";
import { parseVersion } from "./version.ts";

export type Order = "GreaterThan" | "GreaterThanOrEquals" | "LessThan" | "LessThanOrEquals";

type Comparable = number | bigint;

function ordered<T extends Comparable>(left: T, right: T, order: Order): boolean {
  switch (order) {
    case "GreaterThan":
      return left > right;
    case "GreaterThanOrEquals":
      return left >= right;
    case "LessThan":
      return left < right;
    case "LessThanOrEquals":
      return left <= right;
  }
}

function numberOrdered(key: number, value: PolicyValue, order: Order): boolean {
  if (typeof value === "number") return ordered(key, value, order);
  if (typeof value !== "string") return false;
  const durations = durationPair(key, value);
  if (durations !== undefined) return ordered(durations[0], durations[1], order);
  const number = parseGoFloat(value);
  return number !== undefined && ordered(key, number, order);
}

function stringOrdered(key: string, value: PolicyValue, order: Order): boolean {
  const durations = durationPair(key, value);
  if (durations !== undefined) return ordered(durations[0], durations[1], order);
  const quantities = quantityOrder(key, value);
  if (typeof quantities === "number") return ordered(quantities, 0, order);
  const number = parseGoFloat(key);
  if (number !== undefined) return numberOrdered(number, value, order);
  const version = parseVersion(key);
  const other = version !== undefined && typeof value === "string" ? parseVersion(value) : undefined;
  return version !== undefined && other !== undefined && ordered(compareVersions(version, other), 0, order);
}

/** Anything but a number or a text is out of order. */
export function inOrder(key: PolicyValue, value: PolicyValue, order: Order): boolean {
  if (typeof key === "number") return numberOrdered(key, value, order);
  return typeof key === "string" && stringOrdered(key, value, order);
}

/** Both sides must be durations, or numbers of seconds. */
export function durationsInOrder(key: PolicyValue, value: PolicyValue, order: Order): boolean {
  const left = durationOf(key);
  const right = durationOf(value);
  return left !== undefined && right !== undefined && ordered(left, right, order);
}
