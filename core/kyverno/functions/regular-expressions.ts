/** Functions on patterns: Go's regular expressions and Kyverno's wildcards. Source: docs/spec/kyverno.md#functions. */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Value } from "../../jmespath/value.ts";
import { compileRe2, type Re2 } from "../../patterns/re2.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import { evaluating, text, textOf } from "./arguments.ts";
import { defaultLimits } from "../../limits.ts";

/** Patterns stand literally in policies, so the same few come again and again. */
const compiled = new Map<string, Re2>();
const maxCompiled = 500;
const maxKeptLength = 1000;

function regularExpression(pattern: string): Re2 {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const expression = evaluating(() => compileRe2(pattern, defaultLimits));
  if (compiled.size >= maxCompiled) compiled.clear();
  if (pattern.length <= maxKeptLength) compiled.set(pattern, expression);
  return expression;
}

const onText = (call: (pattern: string, ...rest: readonly string[]) => Value, count: 2 | 3): JmesFunction =>
  define(["string", ...Array.from({ length: count - 1 }, () => ["string", "number"] as const)], ([pattern, ...rest]) =>
    call(text(pattern), ...rest.map(textOf)),
  );

export const patternFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["pattern_match", onText((pattern, value = "") => evaluating(() => matchWildcard(pattern, value, defaultLimits)), 2)],
  ["regex_match", onText((pattern, value = "") => regularExpression(pattern).test(value), 2)],
  [
    "regex_replace_all",
    onText((pattern, value = "", template = "") => regularExpression(pattern).replaceAll(value, template), 3),
  ],
  [
    "regex_replace_all_literal",
    onText(
      (pattern, value = "", replacement = "") => regularExpression(pattern).replaceAllLiteral(value, replacement),
      3,
    ),
  ],
];
