import * as fc from "fast-check";
import oracle from "jmespath";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { EngineError } from "../../../core/errors.ts";
import { compileExpression, type Scope } from "../../../core/jmespath/expression.ts";
import { standardFunctions } from "../../../core/jmespath/functions/standard.ts";
import { runJmespathSuite, sortedJson } from "../../conformance/jmespath.ts";
import { throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const name = "core/jmespath/expression";
const test = suite(name);

const query = (expression: string, root: JsonValue | Scope, steps?: number): JsonValue =>
  compileExpression(expression, { functions: standardFunctions, limits: defaultLimits }).evaluate(
    root,
    steps === undefined ? {} : { budget: { steps } },
  );

test("a missing field is unresolved at the top, and null wherever something can be made of it", () => {
  const root = { a: { b: 1 }, list: [{ x: 1 }, {}], text: "t" };
  for (const expression of ["z", "a.z", "z.y", "z[0]", "text && z", "z.x[*].y", "{a: a}.b"])
    throwsCode("unresolved", () => query(expression, root));
  for (const [expression, value] of [
    ["z || 'd'", "d"],
    ["a.z || z", null],
    ["z && text", null],
    ["!z", true],
    ["z == `null`", true],
    ["z < `1`", null],
    ["z[*]", null],
    ["z[0:1]", null],
    ["z[]", null],
    ["z.*", null],
    ["z[?a]", null],
    ["list[*].x", [1]],
    ["list[?x].x", [1]],
    ["[z]", [null]],
    ["{k: z}", { k: null }],
    ["z | @", null],
    ["a | z", null],
    ["type(z)", "null"],
    ["text.z", null],
    ["list.z", null],
    ["list[9]", null],
    ["map(&z, list)", [null, null]],
  ] as const) {
    assert.equal(JSON.parse(JSON.stringify(query(expression, root))), value, expression);
  }
});

test("only own members are fields", () => {
  for (const key of ["constructor", "toString", "__proto__", "hasOwnProperty", "length"]) {
    throwsCode("unresolved", () => query(key, {}));
    assert.is(query(`a.${key} || 'none'`, { a: {} }), "none");
  }
  assert.is(query("__proto__", JSON.parse('{"__proto__": 1}')), 1);
});

test("what a scope throws is not forgiven where a failing function is", () => {
  const scope: Scope = {
    lookup() {
      throw new EngineError("unresolved", "the entry does not load");
    },
    keys: () => ["a"],
  };
  for (const expression of ["a[]", "a[?b]", "a.*", "to_string(a)[]", "@.*"])
    throwsCode("unresolved", () => query(expression, scope));
  for (const expression of ["abs('x')[]", "abs('x')[?b]", "abs('x').*"]) assert.is(query(expression, scope), null);
});

test("a scope is read a field at a time, and what it throws flies through everything", () => {
  const read: string[] = [];
  const scope: Scope = {
    lookup(key) {
      read.push(key);
      if (key === "open") throw new EngineError("not-in-mirror", "never asked");
      return key === "a" ? { b: [1] } : undefined;
    },
    keys: () => ["a", "open"],
  };
  assert.is(query("a.b[0]", scope), 1);
  assert.is(query("@.a.b[0]", scope), 1);
  assert.is(query("z || 'd'", scope), "d");
  assert.equal(read, ["a", "a", "z"]);
  for (const expression of [
    "open || 'd'",
    "not_null(open, 'd')",
    "[open]",
    "a[?$]".replace("$", "b") && "a.b[*] && open",
    "type(open)",
    "@",
    "keys(@)",
    "*",
    "open[*]",
    "!open",
    "open == 'x'",
    "open | 'd'",
  ]) {
    throwsCode("not-in-mirror", () => query(expression, scope));
  }
});

test("steps are bounded, also where values multiply by being shared", () => {
  throwsCode("over-budget", () => query(`${"[@,@]|".repeat(100)}@`, 1));
  throwsCode("over-budget", () => query(`${"join('',[@,@])|".repeat(60)}@`, "0123456789"));
  throwsCode("over-budget", () =>
    query(
      "[?a == 'x'].b",
      Array.from({ length: 100 }, () => ({ a: "x", b: 1 })),
      50,
    ),
  );
  throwsCode("over-budget", () => query(`to_string(${"[@,@]|".repeat(40)}@)`, 1));
});

test("sort_by sorts its input for the rest of the evaluation and no longer", () => {
  const root = { nums: [3, 1, 2] };
  assert.equal(query("[nums[0], sort_by(nums, &@)[0], nums[0]]", root), [3, 1, 1]);
  assert.equal(query("sort_by(nums, &@)", root), [1, 2, 3]);
  assert.equal(root.nums, [3, 1, 2]);
  throwsCode("unresolved", () => query("[sort_by(nums, &@), z.y.nums, abs('x')]", root));
  assert.equal(root.nums, [3, 1, 2]);
});

test("what JSON cannot write does not leave an expression", () => {
  throwsCode("unresolved", () => query("avg(`[]`)", {}));
  throwsCode("unresolved", () => query("to_number('Inf')", {}));
  assert.is(query("type(to_number('Inf'))", {}), "number");
  assert.equal(JSON.stringify(query("&a", {})), "{}");
});

test("functions are bound when called, from the evaluation's table before the compiler's", () => {
  const expression = compileExpression("a || nosuch(a)", { functions: new Map(), limits: defaultLimits });
  assert.is(expression.evaluate({ a: 1 }), 1);
  throwsCode("unresolved", () => expression.evaluate({ a: null }));
  assert.is(
    compileExpression("abs(`-1`)", { functions: new Map(), limits: defaultLimits }).evaluate(
      {},
      { functions: standardFunctions },
    ),
    1,
  );
});

/** Expressions on which the two dialects agree: no missing field can surface, no ordering of what is no number. */
const paths = fc.constantFrom(
  "a",
  "b",
  "c",
  "a.b",
  "c[0]",
  "c[-1]",
  "c[1:]",
  "c[::-1]",
  "b[*].a",
  "c[]",
  "b[?a].a",
  "*",
  "b[*].[a, b]",
  "b[].{k: a}",
  "c[:2]",
);
const wholes = fc.oneof(
  paths.map((path) => `[${path}] | [0]`),
  fc.tuple(paths, paths).map(([left, right]) => `[${left} == ${right}, (${left}) || (${right}) || \`0\`]`),
  fc.tuple(paths, paths).map(([left, right]) => `{x: ${left}, y: not_null(${right}, 'z')}`),
  paths.map((path) => `[!(${path}), type(${path}), to_array(${path})]`),
);
const scalar = fc.constantFrom<JsonValue>(null, true, false, 0, 1, 2.5, "", "x", "10");
const small: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

test("agrees with jmespath 0.16 where the dialects agree", () => {
  fc.assert(
    fc.property(wholes, fc.record({ a: small, b: small, c: small }), (expression, root) => {
      const expected = oracle.search(root, expression);
      assert.is(sortedJson(query(expression, root)), sortedJson(expected), expression);
    }),
    { numRuns: 2000 },
  );
});

const vectors = vectorsDir();
if (vectors === undefined) skipped(name, 527, "SALLYPORT_VECTORS is not set");
else {
  test("compliance cases of the dialect", () => {
    const { passed, list } = runJmespathSuite(`${vectors}/jmespath`);
    assert.equal(list, []);
    assert.ok(passed > 500);
  });
}

test.run();
