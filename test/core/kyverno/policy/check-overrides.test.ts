import { suite } from "uvu";
import * as assert from "uvu/assert";
import { checkOverrides } from "../../../../core/kyverno/policy/check-overrides.ts";
import { Findings } from "../../../../core/kyverno/policy/findings.ts";
import { faults, policyText, ruleWith } from "./sample-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/check-overrides");
type Override = readonly [action: string, ...namespaces: readonly string[]];
const found = (...overrides: readonly Override[]): readonly string[] => {
  const findings = new Findings();
  checkOverrides(
    overrides.map(([action, ...namespaces]) => ({ action, namespaces })),
    "",
    findings,
    defaultLimits,
  );
  return findings.problems(() => ({ file: "f", line: 1, column: 1 }), undefined).map(({ pointer }) => pointer);
};

test("namespaces under one action", () => {
  assert.equal(found(), []);
  assert.equal(found(["Enforce", "a"], ["enforce", "a", "a*"]), []);
  assert.equal(found(["Enforce", "a"], ["Audit", "b", "b?"]), []);
  assert.equal(found(["Enforce", "a-*"], ["Audit", "*-b"]), []);
});

test("namespaces under both", () => {
  assert.equal(found(["Enforce", "a"], ["Audit", "b", "a"]), ["/1/namespaces"]);
  assert.equal(found(["audit", "a"], ["Audit", "b"], ["enforce", "b"]), ["/2/namespaces"]);
  assert.equal(found(["Enforce", "a*"], ["Audit", "ab"]), ["/1/namespaces"]);
  assert.equal(found(["Enforce", "ab"], ["Audit", "a?"]), ["/1/namespaces"]);
  assert.equal(found(["Enforce", "a*"], ["Audit", "a?"]), ["/1/namespaces"]);
  assert.equal(found(["Enforce", "*"], ["Audit", "*"]), ["/1/namespaces"]);
});

test("selectors are checked, also behind a conflict", () => {
  const selecting = (operator: string) => ({
    action: "Enforce",
    namespaceSelector: { matchExpressions: [{ key: "env", operator, values: ["prod"] }] },
  });
  const at = "invalid-policy /spec/validationFailureActionOverrides";
  const load = (...overrides: readonly object[]) =>
    faults(policyText([ruleWith()], { validationFailureActionOverrides: overrides }));
  assert.equal(load(selecting("In"), { action: "Audit", namespaceSelector: {} }), []);
  assert.equal(load(selecting("in")), [`${at}/0/namespaceSelector/matchExpressions/0/operator`]);
  assert.equal(
    load({ action: "Enforce", namespaces: ["a"] }, { action: "Audit", namespaces: ["a"] }, selecting("Is")),
    [`${at}/1/namespaces`, `${at}/2/namespaceSelector/matchExpressions/0/operator`],
  );
});

test("an action is asked for", () => {
  assert.equal(found(["", "a"]), ["/0/action"]);
  assert.equal(faults(policyText([ruleWith()], { validationFailureActionOverrides: [{ namespaces: ["a"] }] })), [
    "invalid-policy /spec/validationFailureActionOverrides/0/action",
  ]);
});

test.run();
