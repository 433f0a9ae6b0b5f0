/** Evaluates expressions with Kyverno's functions, for the tests of this folder. */
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { compileExpression } from "../../../../core/jmespath/expression.ts";
import { type FunctionEnvironment, kyvernoFunctions } from "../../../../core/kyverno/functions/kyverno-functions.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const environment: FunctionEnvironment = { now: new Date("2031-03-04T05:06:07.987Z"), seed: "test", references: {} };

/** The value of an expression, as plain JSON. */
export const query = (expression: string, input: JsonValue = {}, given: Partial<FunctionEnvironment> = {}): unknown =>
  JSON.parse(
    JSON.stringify(
      compileExpression(expression, {
        functions: kyvernoFunctions({ ...environment, ...given }),
        limits: defaultLimits,
      }).evaluate(input),
    ),
  );

/** Each row: an expression and its value. */
export function holds(rows: readonly (readonly [string, unknown])[], input: JsonValue = {}): void {
  for (const [expression, value] of rows) assert.equal(query(expression, input), value, expression);
}

/** Each expression compiles and fails when evaluated. */
export function fails(expressions: readonly string[], input: JsonValue = {}): void {
  for (const expression of expressions) throwsCode("unresolved", () => query(expression, input));
}
