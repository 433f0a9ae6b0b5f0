/**
 * Kubernetes label selectors with Kyverno's wildcards. Source: docs/spec/kyverno.md#match-and-exclude, apimachinery
 * labels.
 */
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import type { LabelSelector } from "../policy/policy.ts";
import type { Limits } from "../../limits.ts";

export type Labels = Readonly<Record<string, string>>;

interface Requirement {
  readonly key: string;
  readonly holds: (value: string | undefined) => boolean;
}

/** A selector made ready; one that Kubernetes would refuse matches nothing. */
export interface CompiledSelector {
  readonly fixed: readonly Requirement[];
  /** `matchLabels` with wildcards, replaced by the resource's own labels before matching. */
  readonly patterns: readonly (readonly [key: string, value: string])[];
  readonly valid: boolean;
  /** Within which its patterns are compared. */
  readonly limits: Limits;
}

const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPart = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isLabelKey(key: string): boolean {
  const parts = key.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.length > 2 || name.length > 63 || !namePart.test(name)) return false;
  const prefix = parts.length === 2 ? parts[0] : undefined;
  return prefix === undefined || (prefix.length <= 253 && prefixPart.test(prefix));
}

const isLabelValue = (value: string): boolean => value === "" || (value.length <= 63 && namePart.test(value));

const equals = (key: string, value: string): Requirement => ({ key, holds: (actual) => actual === value });

function requirementOf(key: string, operator: string, values: readonly string[]): Requirement | undefined {
  if (!isLabelKey(key)) return undefined;
  switch (operator) {
    case "In":
    case "NotIn": {
      if (values.length === 0 || !values.every(isLabelValue)) return undefined;
      const set = new Set(values);
      return operator === "In"
        ? { key, holds: (actual) => actual !== undefined && set.has(actual) }
        : { key, holds: (actual) => actual === undefined || !set.has(actual) };
    }
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) return undefined;
      return { key, holds: (actual) => (actual !== undefined) === (operator === "Exists") };
    default:
      return undefined;
  }
}

export function compileSelector(selector: LabelSelector, limits: Limits): CompiledSelector {
  const pairs = Object.entries(selector.matchLabels ?? {});
  const isPattern = ([key, value]: readonly [string, string]): boolean =>
    containsWildcard(key) || containsWildcard(value);
  const literal = pairs.filter((pair) => !isPattern(pair));
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values }) =>
    requirementOf(key, operator, values ?? []),
  );
  const fixed = [
    ...literal.map(([key, value]) => equals(key, value)),
    ...expressions.filter((requirement) => requirement !== undefined),
  ];
  const valid =
    literal.every(([key, value]) => isLabelKey(key) && isLabelValue(value)) &&
    expressions.every((requirement) => requirement !== undefined);
  return { fixed, patterns: pairs.filter(isPattern), valid, limits };
}

const withoutWildcards = (text: string): string => text.replace(/[*?]/g, "0");

/**
 * The first label that a pattern pair fits, else the pair with `0` for its wildcards, which then has to be there
 * literally.
 */
function concrete(key: string, value: string, labels: Labels, limits: Limits): readonly [string, string] {
  const found = Object.entries(labels).find(
    ([name, text]) => matchWildcard(key, name, limits) && matchWildcard(value, text, limits),
  );
  return found ?? [withoutWildcards(key), withoutWildcards(value)];
}

export function testSelector(selector: CompiledSelector, labels: Labels): boolean {
  if (!selector.valid) return false;
  const label = (key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  for (const { key, holds } of selector.fixed) if (!holds(label(key))) return false;
  for (const [key, value] of selector.patterns) {
    const [name, text] = concrete(key, value, labels, selector.limits);
    if (!isLabelKey(name) || !isLabelValue(text) || label(name) !== text) return false;
  }
  return true;
}

/** Whether a selector that is not kept in compiled form selects the labels. */
export const matchSelector = (selector: LabelSelector, labels: Labels, limits: Limits): boolean =>
  testSelector(compileSelector(selector, limits), labels);
