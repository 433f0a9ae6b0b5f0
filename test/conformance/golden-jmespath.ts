/**
 * Runs Kyverno's own results of `kyverno jp query` against ours: error or value, and the value. Source:
 * docs/spec/kyverno.md#versions-and-sources.
 */
import { readFileSync } from "node:fs";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { compileExpression } from "../../core/jmespath/expression.ts";
import { kyvernoFunctions } from "../../core/kyverno/functions/kyverno-functions.ts";
import { type SuiteCount, sortedJson } from "./jmespath.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface GoldenExpression {
  readonly id: string;
  readonly expression: string;
  readonly input: JsonValue;
  readonly result?: JsonValue;
  readonly error?: string;
  readonly stage?: "compile" | "evaluate" | "marshal" | "panic";
}

/** The lines of the file, numbers read as doubles. */
export const readGoldenExpressions = (path: string): readonly GoldenExpression[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        parseJson(line, {
          duplicateKeys: "last-wins",
          loneSurrogates: "replace",
          limits: defaultLimits,
        }) as unknown as GoldenExpression,
    );

const functions = kyvernoFunctions({ now: new Date("2031-03-04T05:06:07Z"), seed: "golden", references: {} });

/** What we make of an expression: its value as sorted JSON, or the error's code. */
export function evaluateGolden({
  expression,
  input,
}: GoldenExpression): { readonly value: string } | { readonly code: string; readonly message: string } {
  try {
    return { value: sortedJson(compileExpression(expression, { functions, limits: defaultLimits }).evaluate(input)) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** Compares every line of the file at `path`. */
export function runGoldenJmespath(path: string): SuiteCount {
  const list: string[] = [];
  let passed = 0;
  for (const golden of readGoldenExpressions(path)) {
    const actual = evaluateGolden(golden);
    const expected = golden.error === undefined ? sortedJson(golden.result) : undefined;
    const agreed =
      "value" in actual
        ? actual.value === expected
        : expected === undefined && (golden.stage !== "compile" || actual.code === "malformed");
    if (agreed) passed++;
    else
      list.push(
        `${golden.id}: ${golden.expression}: expected ` +
          `${expected ?? `error (${golden.stage}) ${golden.error}`}, got ` +
          `${"value" in actual ? actual.value : `${actual.code} ${actual.message}`}`,
      );
  }
  return { passed, failed: list.length, list };
}
