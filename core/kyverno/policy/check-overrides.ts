/**
 * Overrides of the failure action: no namespace may be enforced by one and audited by another. Source:
 * docs/spec/kyverno.md#failure-action; Kyverno's admission.
 */
import { pointer } from "../../encoding/shape.ts";
import { containsWildcard, matchWildcard } from "../../patterns/wildcard.ts";
import type { ActionOverride } from "./policy.ts";
import type { Findings } from "./findings.ts";
import { defaultLimits } from "../../limits.ts";

interface Named {
  readonly namespaces: string[];
  readonly patterns: string[];
}

const meets = (patterns: readonly string[], names: readonly string[]): boolean =>
  patterns.some((pattern) => names.some((name) => matchWildcard(pattern, name, defaultLimits)));

/** Patterns meet when one fits the text of the other, not when some namespace fits both. */
const conflict = (one: Named, other: Named): boolean =>
  one.namespaces.some((name) => other.namespaces.includes(name)) ||
  meets(one.patterns, other.namespaces) ||
  meets(other.patterns, one.namespaces) ||
  meets(one.patterns, other.patterns) ||
  meets(other.patterns, one.patterns);

/** The overrides at `at`. One of the selector alone names no namespace. */
export function checkOverrides(overrides: readonly ActionOverride[], at: string, findings: Findings): void {
  const enforced: Named = { namespaces: [], patterns: [] };
  const audited: Named = { namespaces: [], patterns: [] };
  for (const [index, { action, namespaces = [] }] of overrides.entries()) {
    const here = pointer(at, index);
    if (action === "") findings.refuse(pointer(here, "action"), "is missing");
    const named = action.toLowerCase() === "enforce" ? enforced : audited;
    named.namespaces.push(...namespaces.filter((namespace) => !containsWildcard(namespace)));
    named.patterns.push(...namespaces.filter(containsWildcard));
    if (!conflict(enforced, audited)) continue;
    findings.refuse(pointer(here, "namespaces"), "names a namespace that another override has under the other action");
    return;
  }
}
