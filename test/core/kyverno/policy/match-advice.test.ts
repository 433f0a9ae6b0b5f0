import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../../../core/kyverno/policy/advice.ts";
import { loaded, policyText, ruleWith } from "./sample-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/match-advice");
const codes = (kinds: readonly string[], rule: Record<string, unknown> = {}): readonly string[] =>
  advise(
    loaded(
      policyText([ruleWith({ match: { any: kinds.map((kind) => ({ resources: { kinds: [kind] } })) }, ...rule })]),
    ),
    defaultLimits,
  ).map(({ code }) => code);

test("kinds that say nothing", () => {
  for (const kind of ["a/b/c/d/Pod", "v12/Pod", "*/v1/Pod", "*/*/Pod"])
    assert.ok(codes([kind]).includes("never-matches"), kind);
  for (const kind of ["Pod", "Deployment", "apps/v1/Deployment", "batch/*/CronJob", "Po*"])
    assert.equal(codes([kind]), [], kind);
});

test("kinds without default extractors, unless the rule has one", () => {
  assert.equal(codes(["tekton.dev/v1/Task"]), ["never-matches"]);
  assert.equal(codes(["Task"]), ["never-matches"]);
  assert.equal(codes(["tekton.dev/v1/Task"], { imageExtractors: { Task: [{ path: "/a" }] } }), []);
  assert.equal(codes(["TaskRun.status"], { imageExtractors: { TaskRun: [{ path: "/a" }] } }), []);
});

test("v1/Pod is not extended to controllers", () => {
  assert.equal(codes(["v1/Pod"]), ["no-autogen"]);
  assert.equal(codes(["*/Pod"]), ["no-autogen"]);
  assert.equal(codes(["v1/Pod", "Deployment"]), []);
});

test.run();
