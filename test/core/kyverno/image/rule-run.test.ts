/** What a result says of its rule, beside what was decided. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { type RuleRun, stoppedRule } from "../../../../core/kyverno/image/rule-run.ts";
import { decide, image, type PolicyText, pod } from "../../../support/fixture-policies.ts";

const test = suite("core/kyverno/image/rule-run");
const resultOf = (policy: PolicyText) => decide(pod(image("signed")), policy).results[0];

test("a result of a Policy names its namespace, and one of a ClusterPolicy none", () => {
  const ofOne = resultOf({ kind: "Policy", namespace: "shop" });
  assert.equal([ofOne?.policy, ofOne?.policyNamespace], ["check", "shop"]);
  assert.not("policyNamespace" in (resultOf({}) ?? {}));
});

test("what a rule has its reports say is in its results, and nothing where it says nothing", () => {
  const said = { severity: "high", team: "shop" };
  assert.equal({ ...resultOf({ rule: `reportProperties: ${JSON.stringify(said)}` })?.properties }, said);
  for (const rule of ["", "reportProperties: {}"]) assert.not("properties" in (resultOf({ rule }) ?? {}), rule);
});

test("a rule that was stopped fails or could not decide, by its code; a fault of the program is thrown", () => {
  const rule = { name: "verify", pointer: "", reportProperties: {} };
  const policy = { name: "check", spec: { failurePolicy: "Fail" }, position: () => undefined };
  const run = { compiled: { policy, rule }, pass: "mutate", request: {}, action: "Enforce" } as unknown as RuleRun;
  const stopped = (error: unknown) => {
    const { results, patches } = stoppedRule(run, error, "the rule");
    assert.equal([results.length, patches], [1, []]);
    return [results[0]?.status, results[0]?.message];
  };
  assert.equal(stopped(new EngineError("wrong-key", "no")), ["fail", "the rule: [wrong-key] no"]);
  assert.equal(stopped(new EngineError("unreachable", "refused")), ["error", "the rule: [unreachable] refused"]);
  assert.throws(() => stopped(new TypeError("a bug")), "a bug");
});

test.run();
