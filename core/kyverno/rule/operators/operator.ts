/** Condition operators by name. Source: docs/spec/kyverno.md#conditions. */
import type { Limits } from "../../../limits.ts";
import type { PolicyValue } from "../../policy/policy.ts";
import { equals, notEquals } from "./equality.ts";
import { isLegacyMember, isMember } from "./membership.ts";
import { durationsInOrder, inOrder } from "./ordering.ts";

/** Takes a key and a value in which scalar numbers are doubles. */
export type Operator = (key: PolicyValue, value: PolicyValue, limits: Limits) => boolean;

const never: Operator = () => false;

/** Names are read in any case; an ordering operator that is not spelt exactly holds for nothing. */
const operators: Readonly<Record<string, Operator>> = {
  Equals: equals,
  Equal: equals,
  NotEquals: notEquals,
  NotEqual: notEquals,
  In: (key, value, limits) => isLegacyMember(key, value, "In", limits),
  NotIn: (key, value, limits) => isLegacyMember(key, value, "NotIn", limits),
  AnyIn: (key, value, limits) => isMember(key, value, "AnyIn", limits),
  AllIn: (key, value, limits) => isMember(key, value, "AllIn", limits),
  AnyNotIn: (key, value, limits) => isMember(key, value, "AnyNotIn", limits),
  AllNotIn: (key, value, limits) => isMember(key, value, "AllNotIn", limits),
  GreaterThan: (key, value) => inOrder(key, value, "GreaterThan"),
  GreaterThanOrEquals: (key, value) => inOrder(key, value, "GreaterThanOrEquals"),
  LessThan: (key, value) => inOrder(key, value, "LessThan"),
  LessThanOrEquals: (key, value) => inOrder(key, value, "LessThanOrEquals"),
  DurationGreaterThan: (key, value) => durationsInOrder(key, value, "GreaterThan"),
  DurationGreaterThanOrEquals: (key, value) => durationsInOrder(key, value, "GreaterThanOrEquals"),
  DurationLessThan: (key, value) => durationsInOrder(key, value, "LessThan"),
  DurationLessThanOrEquals: (key, value) => durationsInOrder(key, value, "LessThanOrEquals"),
};

const isOrdering = (name: string): boolean => /than/i.test(name);
const byLowerCase = new Map(
  Object.entries(operators).map(([name, operator]) => [name.toLowerCase(), isOrdering(name) ? never : operator]),
);

/** The operator of that name, or `undefined`. */
export const operatorOf = (name: string): Operator | undefined =>
  Object.hasOwn(operators, name) ? operators[name] : byLowerCase.get(name.toLowerCase());
