import { suite } from "uvu";
import * as assert from "uvu/assert";
import { load } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/exceptions");
const match = { any: [{ resources: { kinds: ["Pod"], names: ["a*"] } }] };
const exceptions = [{ policyName: "p", ruleNames: ["r*", "autogen-r"] }];
const text = (spec: Record<string, unknown> = {}, top: Record<string, unknown> = {}): string =>
  JSON.stringify({
    apiVersion: "kyverno.io/v2",
    kind: "PolicyException",
    metadata: { name: "e", namespace: "n" },
    spec: { match, exceptions, ...spec },
    ...top,
  });
const faults = (spec: Record<string, unknown>, top: Record<string, unknown> = {}): readonly string[] =>
  load(text(spec, top)).errors.map(({ code, pointer }) => `${code} ${pointer}`);

test("an exception", () => {
  const [exception] = load(text({ conditions: {}, podSecurity: [] })).exceptions;
  assert.equal([exception?.name, exception?.namespace, exception?.background], ["e", "n", true]);
  assert.equal(exception?.match, { any: [{ kinds: ["Pod"], names: ["a*"] }] });
  assert.equal(exception?.exceptions, exceptions);
  assert.is(exception?.position("").line, 1);
});

test("versions, and a namespace by default", () => {
  assert.equal(faults({}, { apiVersion: "kyverno.io/v2beta1" }), []);
  assert.equal(faults({}, { apiVersion: "kyverno.io/v2alpha1" }), ["invalid-policy /apiVersion"]);
  assert.is(load(text({}, { metadata: { name: "e" } })).exceptions[0]?.namespace, "default");
});

test("what is wrong", () => {
  assert.equal(faults({ exceptions: [] }), ["invalid-policy /spec/exceptions"]);
  assert.equal(faults({ exceptions: [{ policyName: "", ruleNames: [] }] }), [
    "invalid-policy /spec/exceptions/0/policyName",
    "invalid-policy /spec/exceptions/0/ruleNames",
  ]);
  assert.equal(faults({ exceptions: [{ policyName: "p" }] }), ["invalid-policy /spec/exceptions/0/ruleNames"]);
  assert.equal(faults({ match: { any: [{ resources: { kind: ["Pod"] } }] } }), [
    "invalid-policy /spec/match/any/0/resources/kind",
  ]);
  assert.equal(faults({ conditions: { all: [{ key: "a", operator: "Is", value: "a" }] } }), [
    "invalid-policy /spec/conditions/all/0/operator",
  ]);
  assert.equal(faults({ matches: {} }), ["invalid-policy /spec/matches"]);
});

test("kinds may be left out; users only where background is off", () => {
  assert.equal(faults({ match: { any: [{ resources: { namespaces: ["a"] } }] } }), []);
  const users = { any: [{ subjects: [{ kind: "User", name: "a" }] }] };
  assert.equal(faults({ match: users }), ["invalid-policy /spec/match/any/0/subjects"]);
  assert.equal(faults({ match: users, background: false }), []);
});

test.run();
