/** Functions on patterns: Go's regular expressions and Kyverno's wildcards. Source: docs/spec/kyverno.md#functions. */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Value } from "../../jmespath/value.ts";
import type { Limits } from "../../limits.ts";
import { compileRe2, type Re2 } from "../../patterns/re2.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import { evaluating, text, textOf } from "./arguments.ts";

/** Patterns stand literally in policies, so the same few come again and again; each bound has its own. */
const compiled = new WeakMap<Limits, Map<string, Re2>>();
const maxCompiled = 500;
const maxKeptLength = 1000;

function regularExpression(pattern: string, limits: Limits): Re2 {
  const held = compiled.get(limits) ?? new Map<string, Re2>();
  compiled.set(limits, held);
  const known = held.get(pattern);
  if (known !== undefined) return known;
  const expression = evaluating(() => compileRe2(pattern, limits));
  if (held.size >= maxCompiled) held.clear();
  if (pattern.length <= maxKeptLength) held.set(pattern, expression);
  return expression;
}

type OnTexts = (texts: readonly [pattern: string, value: string, other: string], limits: Limits) => Value;

const onTexts = (call: OnTexts, count: 2 | 3): JmesFunction =>
  define(
    ["string", ...Array.from({ length: count - 1 }, () => ["string", "number"] as const)],
    ([pattern, ...rest], run) => {
      const [value = "", other = ""] = rest.map(textOf);
      return call([text(pattern), value, other], run.limits);
    },
  );

export const patternFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["pattern_match", onTexts(([pattern, value], limits) => evaluating(() => matchWildcard(pattern, value, limits)), 2)],
  ["regex_match", onTexts(([pattern, value], limits) => regularExpression(pattern, limits).test(value), 2)],
  [
    "regex_replace_all",
    onTexts(([pattern, value, template], limits) => regularExpression(pattern, limits).replaceAll(value, template), 3),
  ],
  [
    "regex_replace_all_literal",
    onTexts(
      ([pattern, value, replacement], limits) =>
        regularExpression(pattern, limits).replaceAllLiteral(value, replacement),
      3,
    ),
  ],
];
