/** Functions on patterns: Go's regular expressions and Kyverno's wildcards. Source: docs/spec/kyverno.md#functions. */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import type { Evaluation, Value } from "../../jmespath/value.ts";
import type { Limits } from "../../limits.ts";
import { type ChargeSearch, compileRe2, type Re2 } from "../../patterns/re2.ts";
import { matchWildcard, wildcardCost } from "../../patterns/wildcard.ts";
import { evaluating, text, textOf } from "./arguments.ts";

/** Patterns stand literally in policies, so the same few come again and again; each bound has its own. */
const compiled = new WeakMap<Limits, Map<string, Re2>>();
const maxCompiled = 500;
const maxKeptLength = 1000;

/** Inverse weights: how much of a search, and of a wildcard's comparisons, is one step. */
const searchPerStep = 128;
const comparisonsPerStep = 32;
/** Steps for each instruction of an expression that is compiled. */
const compilingSteps = 32;

/** The expressions of one evaluation, each of which is charged once, compiled before or not. */
const charged = new WeakMap<Evaluation, Map<string, Re2>>();

function regularExpression(pattern: string, run: Evaluation): Re2 {
  const held = charged.get(run) ?? new Map<string, Re2>();
  charged.set(run, held);
  const known = held.get(pattern);
  if (known !== undefined) return known;
  const expression = compiledOnce(pattern, run.limits);
  run.spend(compilingSteps * expression.size);
  held.set(pattern, expression);
  return expression;
}

function compiledOnce(pattern: string, limits: Limits): Re2 {
  const held = compiled.get(limits) ?? new Map<string, Re2>();
  compiled.set(limits, held);
  const known = held.get(pattern);
  if (known !== undefined) return known;
  const expression = evaluating(() => compileRe2(pattern, limits));
  if (held.size >= maxCompiled) held.clear();
  if (pattern.length <= maxKeptLength) held.set(pattern, expression);
  return expression;
}

const chargeSearch =
  (run: Evaluation): ChargeSearch =>
  (cost) =>
    run.spend(Math.ceil(cost / searchPerStep));

function matchesWildcard(pattern: string, value: string, run: Evaluation): boolean {
  run.spend(Math.ceil(wildcardCost(pattern, value) / comparisonsPerStep));
  return evaluating(() => matchWildcard(pattern, value, run.limits));
}

type OnTexts = (texts: readonly [pattern: string, value: string, other: string], run: Evaluation) => Value;

const onTexts = (call: OnTexts, count: 2 | 3): JmesFunction =>
  define(
    ["string", ...Array.from({ length: count - 1 }, () => ["string", "number"] as const)],
    ([pattern, ...rest], run) => {
      const [value = "", other = ""] = rest.map(textOf);
      return call([text(pattern), value, other], run);
    },
  );

export const patternFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["pattern_match", onTexts(([pattern, value], run) => matchesWildcard(pattern, value, run), 2)],
  [
    "regex_match",
    onTexts(([pattern, value], run) => regularExpression(pattern, run).test(value, chargeSearch(run)), 2),
  ],
  [
    "regex_replace_all",
    onTexts(
      ([pattern, value, template], run) =>
        regularExpression(pattern, run).replaceAll(value, template, chargeSearch(run)),
      3,
    ),
  ],
  [
    "regex_replace_all_literal",
    onTexts(
      ([pattern, value, replacement], run) =>
        regularExpression(pattern, run).replaceAllLiteral(value, replacement, chargeSearch(run)),
      3,
    ),
  ],
];
