import { suite } from "uvu";
import * as assert from "uvu/assert";
import { locate } from "../../../../core/kyverno/policy/remark.ts";
import { loaded, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/remark");
const policy = loaded(policyText([ruleWith()]));

test("a remark begins with the field and has its place", () => {
  const pointer = "/spec/rules/0/name";
  const { line, column } = policy.position(pointer);
  assert.equal(locate(policy, { pointer, message: "is short" }), {
    pointer,
    message: "spec.rules[0].name: is short",
    policy: policy.name,
    file: "policy.yaml",
    line,
    column,
  });
  assert.ok(line > 1);
});

test("advice keeps its kind", () =>
  assert.is(locate(policy, { code: "no-autogen", pointer: "", message: "x" }).code, "no-autogen"));

test.run();
