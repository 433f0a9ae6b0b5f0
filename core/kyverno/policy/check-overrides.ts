/**
 * Overrides of the failure action: no namespace may be enforced by one and audited by another. Source:
 * docs/spec/kyverno.md#failure-action; Kyverno's admission.
 */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import { checkSelector } from "./check-selector.ts";
import type { PolicyValue } from "./policy.ts";
import { member, textOf, textsOf } from "./policy-value.ts";
import type { Findings } from "./findings.ts";
import type { Limits } from "../../limits.ts";

interface Named {
  readonly namespaces: string[];
  readonly patterns: string[];
}

const meets = (patterns: readonly string[], names: readonly string[], limits: Limits): boolean =>
  patterns.some((pattern) => names.some((name) => matchWildcard(pattern, name, limits)));

/** Patterns meet when one fits the text of the other, not when some namespace fits both. */
const conflict = (one: Named, other: Named, limits: Limits): boolean =>
  one.namespaces.some((name) => other.namespaces.includes(name)) ||
  meets(one.patterns, other.namespaces, limits) ||
  meets(other.patterns, one.namespaces, limits) ||
  meets(one.patterns, other.patterns, limits) ||
  meets(other.patterns, one.patterns, limits);

/** The overrides at `at`, as they stand in the file. One of the selector alone names no namespace. */
export function checkOverrides(
  overrides: readonly PolicyValue[],
  at: string,
  findings: Findings,
  limits: Limits,
): void {
  const enforced: Named = { namespaces: [], patterns: [] };
  const audited: Named = { namespaces: [], patterns: [] };
  let conflicting = false;
  for (const [index, override] of overrides.entries()) {
    const here = pointer(at, index);
    const action = textOf(override, "action") ?? "";
    const namespaces = textsOf(override, "namespaces") ?? [];
    if (action === "") findings.refuse(pointer(here, "action"), "is missing");
    checkSelector(member(override, "namespaceSelector"), pointer(here, "namespaceSelector"), findings, "allowed");
    const named = action.toLowerCase() === "enforce" ? enforced : audited;
    named.namespaces.push(...namespaces.filter((namespace) => !containsWildcard(namespace)));
    named.patterns.push(...namespaces.filter(containsWildcard));
    if (conflicting || !conflict(enforced, audited, limits)) continue;
    conflicting = true;
    findings.refuse(pointer(here, "namespaces"), "names a namespace that another override has under the other action");
  }
}
