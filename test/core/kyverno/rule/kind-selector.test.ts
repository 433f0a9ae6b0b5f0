import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matchKind, parseKindSelector } from "../../../../core/kyverno/rule/kind-selector.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/kind-selector");
const parts = (text: string): readonly string[] => {
  const { group, version, kind, subresource } = parseKindSelector(text);
  return [group, version, kind, subresource];
};

const grammar: readonly (readonly [text: string, expected: readonly string[]])[] = [
  ["Pod", ["*", "*", "Pod", ""]],
  ["*", ["*", "*", "*", ""]],
  ["Pod.status", ["*", "*", "Pod", "status"]],
  ["Pod/status", ["*", "*", "Pod", "status"]],
  ["v1/Pod", ["*", "v1", "Pod", ""]],
  ["v1beta1/Pod", ["*", "v1beta1", "Pod", ""]],
  ["*/Pod", ["*", "*", "Pod", ""]],
  ["*/*", ["*", "*", "*", "*"]],
  ["*/scale", ["*", "*", "*", "scale"]],
  ["v12/Pod", ["*", "*", "v12", "Pod"]],
  ["v1/Pod/status", ["*", "v1", "Pod", "status"]],
  ["*/*/Pod", ["*", "*", "*", "Pod"]],
  ["apps/v1/Deployment", ["apps", "v1", "Deployment", ""]],
  ["apps/v1/Deployment/scale", ["apps", "v1", "Deployment", "scale"]],
  ["tekton.dev/v1beta1/TaskRun.status", ["tekton.dev", "v1beta1", "TaskRun", "status"]],
  ["a/b/c/d/e", ["", "", "", ""]],
  ["", ["*", "*", "", ""]],
];

for (const [text, expected] of grammar) test(`${text || "(empty)"} is read`, () => assert.equal(parts(text), expected));

test("no subresource in the selector means the resource itself", () => {
  const deployment = { group: "apps", version: "v1", kind: "Deployment" };
  assert.ok(matchKind(parseKindSelector("Deployment"), deployment, "", defaultLimits));
  assert.not.ok(matchKind(parseKindSelector("Deployment"), deployment, "scale", defaultLimits));
  assert.ok(matchKind(parseKindSelector("*/*"), deployment, "scale", defaultLimits));
});

test("a Pod selector also names ephemeral containers, that of another kind does not", () => {
  const pod = { group: "", version: "v1", kind: "Pod" };
  assert.ok(matchKind(parseKindSelector("Pod"), pod, "ephemeralcontainers", defaultLimits));
  assert.not.ok(matchKind(parseKindSelector("Pod"), pod, "status", defaultLimits));
  assert.not.ok(matchKind(parseKindSelector("Pod"), { ...pod, group: "x" }, "ephemeralcontainers", defaultLimits));
});

test.run();
