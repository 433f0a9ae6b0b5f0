/** Condition operators by name. Source: docs/spec/kyverno.md#conditions. */
import type { PolicyValue } from "../../policy/policy.ts";
import { equals, notEquals } from "./equality.ts";
import { isLegacyMember, isMember } from "./membership.ts";
import { durationsInOrder, inOrder } from "./ordering.ts";

/** Takes a key and a value in which scalar numbers are doubles. */
export type Operator = (key: PolicyValue, value: PolicyValue) => boolean;

const never: Operator = () => false;

/** Names are read in any case; an ordering operator that is not spelt exactly holds for nothing. */
const operators: Readonly<Record<string, Operator>> = {
  Equals: equals,
  Equal: equals,
  NotEquals: notEquals,
  NotEqual: notEquals,
  In: (key, value) => isLegacyMember(key, value, "In"),
  NotIn: (key, value) => isLegacyMember(key, value, "NotIn"),
  AnyIn: (key, value) => isMember(key, value, "AnyIn"),
  AllIn: (key, value) => isMember(key, value, "AllIn"),
  AnyNotIn: (key, value) => isMember(key, value, "AnyNotIn"),
  AllNotIn: (key, value) => isMember(key, value, "AllNotIn"),
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
