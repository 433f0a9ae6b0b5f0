import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
import { compileExpression } from "../../../../core/jmespath/expression.ts";
import { areSame, standardFunctions } from "../../../../core/jmespath/functions/standard.ts";
import { Run } from "../../../../core/jmespath/run.ts";
import { GoInteger } from "../../../../core/jmespath/value.ts";
import { throwsCode } from "../../../support/assert.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/jmespath/functions/standard");
const query = (expression: string, root: JsonValue = {}): unknown =>
  JSON.parse(
    JSON.stringify(
      compileExpression(expression, { functions: standardFunctions, limits: defaultLimits }).evaluate(root),
    ),
  );

test("each function", () => {
  for (const [expression, value] of [
    ["abs(`-3`)", 3],
    ["avg(`[1, 2, 3, 4]`)", 2.5],
    ["ceil(`1.2`)", 2],
    ["floor(`-1.2`)", -2],
    ["contains('kauri', 'aur')", true],
    ["contains('a1', `1`)", false],
    ["contains(`[null]`, `null`)", true],
    ["contains(`[1]`, `[1]`)", false],
    ["ends_with('kauri', 'ri')", true],
    ["starts_with('日本', '日')", true],
    ['join(\'-\', `["a", "b"]`)', "a-b"],
    ["length('😀')", 1],
    ['length(`{"a": 1}`)', 1],
    ["max(`[2, 10, 1]`)", 10],
    ['min(`["é", "z"]`)', "z"],
    ["max(`[]`)", null],
    ['merge(`{"a": 1}`, `{"b": 2, "a": 3}`)', { a: 3, b: 2 }],
    ["not_null(a, `null`, 'x')", "x"],
    ["not_null(a)", null],
    ["reverse('日本😀')", "😀本日"],
    ["reverse(`[1, 2]`)", [2, 1]],
    ["sort(`[2, 10, 1, 33]`)", [1, 2, 10, 33]],
    ['sort(`["b", "10", "9"]`)', ["10", "9", "b"]],
    ["sum(`[1, 2.5]`)", 3.5],
    ["sum(`[]`)", 0],
    ["to_array('x')", ["x"]],
    ["to_array(`[1]`)", [1]],
    ["to_number('1_000')", 1000],
    ["to_number('0x10')", null],
    ["to_number('')", null],
    ["to_number(`true`)", null],
    ['to_string(`{"b": 1, "a": "<"}`)', '{"a":"\\u003c","b":1}'],
    ["to_string('x')", "x"],
    ["type(`[]`)", "array"],
    ['keys(`{"a": 1}`)', ["a"]],
    ['values(`{"a": 1}`)', [1]],
  ] as const) {
    assert.equal(query(expression), value, expression);
  }
});

test("what fails", () => {
  for (const expression of [
    "abs('x')",
    'max(`[1, "a"]`)',
    "merge(a)",
    "merge(`{}`, `[]`)",
    "type(&a)",
    "contains(`[[1]]`, `[1]`)",
    "keys(a)",
    "join('-', `[1]`)",
    "length(`1`)",
    "sort(`[true]`)",
    "not_null()",
    "avg(`[]`)",
  ]) {
    throwsCode("unresolved", () => query(expression));
  }
});

test("Go's comparison of interfaces", () => {
  const run = new Run(standardFunctions, defaultLimits);
  assert.ok(areSame(1, 1, run) && areSame(null, null, run) && areSame(new GoInteger(1), new GoInteger(1), run));
  assert.not(
    areSame(1, "1", run) ||
      areSame(new GoInteger(1), 1, run) ||
      areSame([], {}, run) ||
      areSame(null, {}, run) ||
      areSame(Number.NaN, Number.NaN, run),
  );
  throwsCode("unresolved", () => areSame({}, {}, run));
  throwsCode("unresolved", () => areSame([], [1], run));
});

test.run();
