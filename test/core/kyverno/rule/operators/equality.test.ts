import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deepEqual, equals, notEquals } from "../../../../../core/kyverno/rule/operators/equality.ts";
import type { PolicyValue } from "../../../../../core/kyverno/policy/policy.ts";
import { defaultLimits } from "../../../../../core/limits.ts";

const test = suite("core/kyverno/rule/operators/equality");

test("pairs that are equal, and pairs that are not", () => {
  const equal: readonly (readonly [PolicyValue, PolicyValue])[] = [
    ["a", "a"],
    ["abc", "a*"],
    ["1h", "60m"],
    ["1Gi", "1024Mi"],
    ["3600s", 3600],
    [1, 1],
    [1, "1.0"],
    [true, true],
    [
      ["a", 1],
      ["a", 1],
    ],
    [{ a: [1] }, { a: [1] }],
  ];
  const unequal: readonly (readonly [PolicyValue, PolicyValue])[] = [
    ["a", "b"],
    ["a*", "abc"],
    ["1Gi", 1073741824],
    ["0", "0s"],
    [1, 2],
    [1, true],
    [true, "true"],
    [["a"], ["a", "b"]],
    [{ a: 1 }, { a: 1, b: 2 }],
    ["", "x"],
  ];
  for (const [key, value] of equal)
    assert.equal(
      [equals(key, value, defaultLimits), notEquals(key, value, defaultLimits)],
      [true, false],
      JSON.stringify([key, value]),
    );
  for (const [key, value] of unequal)
    assert.equal(
      [equals(key, value, defaultLimits), notEquals(key, value, defaultLimits)],
      [false, true],
      JSON.stringify([key, value]),
    );
});

test("a null key is neither", () =>
  assert.equal([equals(null, null, defaultLimits), notEquals(null, "x", defaultLimits)], [false, false]));

test("depth matters, order of members does not", () => {
  assert.ok(deepEqual({ a: 1, b: { c: [true, null] } }, { b: { c: [true, null] }, a: 1 }));
  assert.not(deepEqual({ a: { b: 1 } }, { a: { b: 2 } }));
  assert.not(deepEqual([1, 2], [2, 1]));
  assert.not(deepEqual({}, []));
});

test.run();
