import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isLegacyMember, isMember, type Membership } from "../../../../../core/kyverno/rule/operators/membership.ts";
import type { PolicyValue } from "../../../../../core/kyverno/policy/policy.ts";
import { throwsCode } from "../../../../support/assert.ts";
import { defaultLimits } from "../../../../../core/limits.ts";

const test = suite("core/kyverno/rule/operators/membership");
const operators: readonly Membership[] = ["AnyIn", "AllIn", "AnyNotIn", "AllNotIn"];
const holding = (key: PolicyValue, value: PolicyValue): readonly Membership[] =>
  operators.filter((operator) => isMember(key, value, operator, defaultLimits));

test("a scalar key", () => {
  assert.equal(holding("a", ["a", "b"]), ["AnyIn", "AllIn"]);
  assert.equal(holding("c", ["a", "b"]), ["AnyNotIn", "AllNotIn"]);
  assert.equal(holding("abc", ["a*"]), ["AnyIn", "AllIn"]);
  assert.equal(holding("a*", ["abc"]), ["AnyIn", "AllIn"], "wildcards in either direction");
  assert.equal(holding(5, "1-10"), ["AnyIn", "AllIn"]);
  assert.equal(holding(11, "1-10"), ["AnyNotIn", "AllNotIn"]);
  assert.equal(holding("b", '["a","b"]'), ["AnyIn", "AllIn"]);
});

test("a list key: some, all, none", () => {
  assert.equal(holding(["a", "b"], ["a", "b", "c"]), ["AnyIn", "AllIn"]);
  assert.equal(holding(["a", "x"], ["a", "b"]), ["AnyIn", "AnyNotIn"]);
  assert.equal(holding(["x", "y"], ["a", "b"]), ["AnyNotIn", "AllNotIn"]);
  assert.equal(holding([1, 20], "1-10"), ["AnyIn", "AnyNotIn"]);
});

test("what is neither scalar nor list holds for nothing", () => {
  assert.equal(holding(null, ["a"]), []);
  assert.equal(holding({ a: 1 }, ["a"]), []);
  assert.equal(holding("a", { a: 1 }), []);
});

test("the deprecated ones", () => {
  assert.ok(isLegacyMember("a", ["a"], "In", defaultLimits));
  assert.ok(isLegacyMember("x", ["a"], "NotIn", defaultLimits));
  assert.ok(isLegacyMember(["a"], "a", "NotIn", defaultLimits), "a hit for both, as Kyverno has it");
  assert.not(isLegacyMember("x", "a", "In", defaultLimits));
  assert.not(isLegacyMember("x", "a", "NotIn", defaultLimits));
  assert.not(isLegacyMember(["a*"], ["abc"], "In", defaultLimits), "lists do not honour wildcards");
  throwsCode("unresolved", () => isLegacyMember([1], ["1"], "In", defaultLimits));
});

test("lists made to be large end", () => {
  const many = Array.from({ length: 4000 }, (_, index) => String(index));
  throwsCode("over-budget", () => isMember(many, many, "AllIn", defaultLimits));
});

test.run();
