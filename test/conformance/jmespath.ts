/**
 * Runs JMESPath compliance files: cases of one input each with a result or the kind of error. Source: jmespath.org
 * compliance tests (as kyverno/go-jmespath carries them). A field that is missing at the very top is null there and an
 * error in Kyverno's programs.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type JsonValue, parseJson } from "../../core/encoding/json.ts";
import { EngineError } from "../../core/errors.ts";
import { compileExpression } from "../../core/jmespath/expression.ts";
import { standardFunctions } from "../../core/jmespath/functions/standard.ts";
import { defaultLimits } from "../../core/limits.ts";

export interface SuiteCount {
  readonly passed: number;
  readonly failed: number;
  /** What failed: file or id, expression, what was expected and what came. */
  readonly list: readonly string[];
}

interface ComplianceCase {
  readonly expression: string;
  readonly result?: JsonValue;
  readonly error?: string;
  readonly bench?: string;
}

interface ComplianceGroup {
  readonly given: JsonValue;
  readonly cases: readonly ComplianceCase[];
}

/**
 * JSON text with sorted keys, to compare values by. Lists that go-jmespath makes from an object have no order of their
 * own.
 */
export const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([left], [right]) => (left < right ? -1 : 1)))
      : Object.is(each, -0)
        ? "-0"
        : each,
  );

function outcome(expression: string, given: JsonValue): string {
  try {
    return sortedJson(
      compileExpression(expression, { functions: standardFunctions, limits: defaultLimits }).evaluate(given),
    );
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return error.message.startsWith("Unknown key ") ? "null" : "error";
  }
}

const unordered = (text: string): string => {
  const value: unknown = text === "error" ? text : JSON.parse(text);
  return Array.isArray(value) ? sortedJson(value.map(sortedJson).sort()) : text;
};

/** Every compliance file of a folder (`benchmarks` apart). */
export function runJmespathSuite(folder: string): SuiteCount {
  const list: string[] = [];
  let passed = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "benchmarks.json")) {
    for (const { given, cases } of parseJson(readFileSync(join(folder, file), "utf8"), {
      limits: defaultLimits,
    }) as unknown as readonly ComplianceGroup[]) {
      for (const { expression, result, error, bench } of cases) {
        if (bench !== undefined) continue;
        const expected = error === undefined ? sortedJson(result) : "error";
        const actual = outcome(expression, given);
        const anyOrder = /\*|keys\(|values\(/.test(expression);
        if (expected === actual || (anyOrder && unordered(expected) === unordered(actual))) passed++;
        else list.push(`${file}: ${expression}: expected ${error ?? expected}, got ${actual}`);
      }
    }
  }
  return { passed, failed: list.length, list };
}
