import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { compileNode, fanOut } from "../../../core/jmespath/compile.ts";
import { standardFunctions } from "../../../core/jmespath/functions/standard.ts";
import { parseExpression } from "../../../core/jmespath/parser.ts";
import { Run } from "../../../core/jmespath/run.ts";
import { Missing } from "../../../core/jmespath/value.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/jmespath/compile");

const evaluate = (expression: string, root: JsonValue): unknown => {
  const result = compileNode(parseExpression(expression, defaultLimits))(
    root,
    new Run(standardFunctions, defaultLimits, { steps: 10_000 }),
  );
  return result instanceof Missing ? `missing ${result.key}` : JSON.parse(JSON.stringify(result));
};

test("slices", () => {
  const nums = [5, 1, 4, 2, 3, 0, -1];
  for (const [slice, expected] of [
    ["[1:3]", [1, 4]],
    ["[-3:]", [3, 0, -1]],
    ["[:-3]", [5, 1, 4, 2]],
    ["[-99:2]", [5, 1]],
    ["[1:99]", [1, 4, 2, 3, 0, -1]],
    ["[::-1]", [-1, 0, 3, 2, 4, 1, 5]],
    ["[5:1:-2]", [0, 2]],
    ["[:2:]", [5, 1]],
    ["[-1:-99:-3]", [-1, 2, 5]],
  ] as const) {
    assert.equal(evaluate(slice, nums), expected, slice);
  }
  throwsCode("unresolved", () => evaluate("[::0]", nums));
  assert.is(evaluate("[::0]", {}), null);
});

test("projections drop nulls, filters keep what is true, 0 is true", () => {
  assert.equal(evaluate("[*].x", [{ x: 1 }, { x: null }, {}]), [1]);
  assert.equal(evaluate("[?@]", [0, "", null, false, [], {}, "a"]), [0, "a"]);
  assert.equal(evaluate("[]", [[1], 2, [[3]]]), [1, 2, [3]]);
  assert.equal(evaluate("*.k", { a: { k: 1 }, b: 2 }), [1]);
  assert.is(evaluate("*", [1]), null);
  assert.is(evaluate("[*]", {}), null);
});

test("left of a filter, a flattening or `.*` a failure is null, elsewhere it is one", () => {
  for (const expression of [
    "abs('x').*",
    "abs('x')[]",
    "abs('x')[?@]",
    "unknown(@)[]",
    "[abs('x')].*.y[].z",
    "(abs('x')[] || abs('x').*).a",
  ])
    assert.is(evaluate(expression, {}), null, expression);
  for (const expression of [
    "abs('x')",
    "abs('x')[*]",
    "abs('x')[0]",
    "abs('x') | []",
    "[?abs('x')]",
    "[].abs('x')",
    "`{\"a\": 1}`.*.abs('x')",
  ])
    throwsCode("unresolved", () => evaluate(expression, [1]));
  // Where Kyverno crashes, and where a budget ends, nothing is forgiven.
  throwsCode("unresolved", () => evaluate("merge('x').*", {}));
  throwsCode("unresolved", () => evaluate("contains([`[]`], `[]`)[?@]", {}));
  throwsCode("over-budget", () => evaluate("join('x', @)[]", ["x".repeat(200_000), "y"]));
});

test("`.*` shows as many nulls as there are members first", () => {
  assert.equal(evaluate("*.to_string(@)", { a: 1, b: "x" }), ["null", "null", "1", "x"]);
  assert.equal(evaluate("*.[@]", { a: 1 }), [[1]]);
  throwsCode("unresolved", () => evaluate("*.length(@)", { a: "x" }));
});

test("a missing field says which", () => {
  assert.is(evaluate("a.b.c", { a: { b: {} } }), "missing c");
  assert.is(evaluate("a.b.c", { a: {} }), "missing b");
});

test("comparisons order numbers only; null has no members to select", () => {
  assert.is(evaluate("`1` < `2` == `true`", {}), true);
  assert.is(evaluate("'a' < 'b'", {}), null);
  assert.is(evaluate("`-0` == `0`", {}), true);
  assert.is(evaluate("`null` | [a]", {}), null);
  assert.equal(evaluate("'x'.[a]", {}), [null]);
});

test("fan-out is the product of what multiplies", () => {
  assert.is(fanOut(parseExpression("[a, b] | {x: @, y: @, z: f([@, @])}", defaultLimits)), 12);
  assert.is(fanOut(parseExpression("a[?b == c].d || !e", defaultLimits)), 1);
});

test.run();
