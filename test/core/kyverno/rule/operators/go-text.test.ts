import { suite } from "uvu";
import * as assert from "uvu/assert";
import { goText } from "../../../../../core/kyverno/rule/operators/go-text.ts";
import type { PolicyValue } from "../../../../../core/kyverno/policy/policy.ts";

const test = suite("core/kyverno/rule/operators/go-text");

const texts: readonly (readonly [value: PolicyValue, text: string])[] = [
  [5, "5"],
  [5.5, "5.5"],
  [123456, "123456"],
  [1000000, "1e+06"],
  [123456789, "1.23456789e+08"],
  [1e21, "1e+21"],
  [1e-4, "0.0001"],
  [1e-5, "1e-05"],
  [-2.25, "-2.25"],
  [1000000n, "1000000"],
  [9223372036854775807n, "9223372036854775807"],
  [true, "true"],
  [null, "<nil>"],
  [{ b: 1n, a: "x" }, "map[a:x b:1]"],
  [[1n, ["a"], null], "[1 [a] <nil>]"],
];
for (const [value, text] of texts) test(`text ${text}`, () => assert.is(goText(value), text));

test.run();
