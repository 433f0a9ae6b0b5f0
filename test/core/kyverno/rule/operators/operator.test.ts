import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PolicyValue } from "../../../../../core/kyverno/policy/policy.ts";
import { operatorOf } from "../../../../../core/kyverno/rule/operators/operator.ts";
import { throwsCode } from "../../../../support/assert.ts";
import { defaultLimits } from "../../../../../core/limits.ts";

const test = suite("core/kyverno/rule/operators/operator");
const run = (name: string, key: PolicyValue, value: PolicyValue): boolean => {
  const operator = operatorOf(name);
  if (operator === undefined) throw new Error(`no operator ${name}`);
  return operator(key, value, defaultLimits);
};

const cases: readonly (readonly [key: PolicyValue, operator: string, value: PolicyValue, expected: boolean])[] = [
  // Equals: types, durations, quantities, wildcards
  [true, "Equals", true, true],
  [true, "Equals", "true", false],
  [5, "Equals", "5.0", true],
  [5, "Equals", "five", false],
  ["1h", "Equals", 3600, true],
  ["1h", "Equals", "60m", true],
  ["0", "Equals", "0s", false],
  ["1Gi", "Equals", "1024Mi", true],
  ["1Gi", "Equals", 1073741824, false],
  ["1Gi", "Equals", "*", false],
  ["nginx:1.0", "Equals", "nginx:*", true],
  ["nginx:*", "Equals", "nginx:1.0", false],
  [[1n, "a"], "Equals", [1n, "a"], true],
  [[1n], "Equals", [1], false],
  [["a", "b"], "Equals", ["b", "a"], false],
  [{ a: { b: "x" } }, "Equals", { a: { b: "x" } }, true],
  [{ a: "x" }, "Equals", { b: "x" }, false],
  ["1Gi", "NotEquals", "", true],
  ["a", "NotEquals", 5, true],
  ["a", "NotEquals", "a*", false],
  // a null key or a value of the wrong kind holds for nothing, negative operators included
  [null, "Equals", null, false],
  [null, "NotEquals", "a", false],
  [null, "AnyNotIn", ["a"], false],
  ["a", "AllNotIn", 5, false],
  ["a", "AnyNotIn", null, false],
  [{ a: 1n }, "AnyNotIn", ["a"], false],
  // membership
  ["nginx", "AnyIn", ["ng*", "redis"], true],
  ["ng*", "AnyIn", ["nginx"], true],
  ["a", "AnyIn", '["a","b"]', true],
  ["a", "AnyIn", '{"a":1}', false],
  [["a", "z"], "AnyIn", ["a", "b"], true],
  [["a", "z"], "AllIn", ["a", "b"], false],
  [[], "AllIn", ["a"], true],
  [[], "AnyNotIn", ["a"], false],
  [["a", "z"], "AnyNotIn", ["a"], true],
  [["y", "z"], "AllNotIn", ["a"], true],
  [["2"], "AnyIn", "2", true],
  [["2", "3"], "AnyIn", "2", false],
  [[5], "AnyIn", 5, true],
  [[5], "AllIn", 5, false],
  // ranges
  ["5", "AnyIn", "1-10", true],
  ["10Mi", "AllIn", "5Mi-1Gi", true],
  ["90m", "AnyIn", "1h-2h", true],
  ["11", "AnyNotIn", "1-10", true],
  [[1, 50], "AnyNotIn", "1-10", true],
  [[1, 5], "AnyNotIn", "1-10", false],
  [[1, 5], "AllIn", "1-10", true],
  [5, "AnyIn", "!1-10", false],
  // deprecated membership
  ["nginx", "In", ["ng*"], true],
  [["nginx"], "In", ["ng*"], false],
  [["a"], "NotIn", "a", true],
  ["5", "NotIn", "1-10", false],
  ["5", "In", "1-10", false],
  // ordering
  [10, "GreaterThan", 2, true],
  [10, "LessThan", "2m", true],
  ["10", "GreaterThan", "2m", true],
  ["1Gi", "GreaterThan", "1G", true],
  ["1.2.3", "LessThan", "1.10.0", true],
  ["1.2", "LessThan", "1.10", false],
  ["v1.2.3", "LessThan", "v1.10.0", false],
  [true, "GreaterThan", false, false],
  ["1h", "DurationGreaterThan", 60, true],
  [0.5, "DurationLessThan", "500ms", true],
  ["abc", "DurationLessThan", "1h", false],
];
for (const [key, operator, value, expected] of cases) {
  const show = (side: PolicyValue): string =>
    JSON.stringify(side, (_, item) => (typeof item === "bigint" ? `${item}n` : item));
  test(`${show(key)} ${operator} ${show(value)}`, () => assert.is(run(operator, key, value), expected));
}

test("names are read in any case, but a misspelt ordering operator holds for nothing", () => {
  assert.ok(run("anyin", "a", ["a"]));
  assert.not.ok(run("greaterthan", 5, 1));
  assert.is(operatorOf("Foo"), undefined);
  assert.is(operatorOf("constructor"), undefined);
});

test("a list key with something other than text is an error for the deprecated operators", () => {
  throwsCode("unresolved", () => run("In", [5], ["5"]));
  throwsCode("unresolved", () => run("NotIn", [null], ["5"]));
});

test.run();
