/** Variables `{{ … }}` in texts of a policy, innermost first. Source: docs/spec/kyverno.md#variables. */
import type { PolicyValue } from "./policy.ts";
import { isList, isMap } from "./policy-value.ts";
import type { Limits } from "../../limits.ts";

const variable = /(^|[^\\])\{\{((?:\{[^{}]*\}|[^{}])*)\}\}/g;

/**
 * The expressions of the variables in a text, without braces and spaces; those around another one with `null` for the
 * inner one. Escaped ones do not count, nor what a shallow one keeps from being read.
 */
export function findVariables(text: string, limits: Limits): readonly string[] {
  const found: string[] = [];
  let rest = text;
  for (let round = 0; round < limits.substitutionRounds && rest.includes("{{"); round++) {
    const before = found.length;
    let shallow = false;
    rest = rest.replace(variable, (_, lead: string, inner: string) => {
      shallow = inner.trim().startsWith("-");
      found.push(inner.trim().replace(/^-/, "").trim());
      return `${lead}null`;
    });
    if (shallow || found.length === before) break;
  }
  return found;
}

/** Calls `visit` with every string of a value, keys of maps included. */
export function eachText(value: PolicyValue, visit: (text: string) => void): void {
  if (typeof value === "string") visit(value);
  else if (isList(value)) for (const item of value) eachText(item, visit);
  else if (isMap(value)) {
    for (const [key, entry] of Object.entries(value)) {
      visit(key);
      eachText(entry, visit);
    }
  }
}
