import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matchSelector } from "../../../../core/kyverno/rule/selector.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/rule/selector");
const labels = { app: "web", "example.io/team": "core" };

test("an empty selector selects everything", () => {
  assert.ok(matchSelector({}, labels, defaultLimits));
  assert.ok(matchSelector({}, {}, defaultLimits));
});

test("labels must be there and equal", () => {
  assert.ok(matchSelector({ matchLabels: { app: "web" } }, labels, defaultLimits));
  assert.not.ok(matchSelector({ matchLabels: { app: "api" } }, labels, defaultLimits));
  assert.not.ok(matchSelector({ matchLabels: { app: "web", tier: "a" } }, labels, defaultLimits));
});

test("inherited names of an object are no labels", () => {
  assert.not.ok(
    matchSelector({ matchExpressions: [{ key: "constructor", operator: "Exists" }] }, labels, defaultLimits),
  );
});

test("wildcards become an existing label, else nothing", () => {
  assert.ok(matchSelector({ matchLabels: { "*/team": "c?re" } }, labels, defaultLimits));
  assert.not.ok(matchSelector({ matchLabels: { "*": "api" } }, labels, defaultLimits));
  assert.ok(matchSelector({ matchLabels: { "a*": "x" } }, { a0: "x" }, defaultLimits));
  assert.ok(matchSelector({ matchLabels: { "a?p": "x*" } }, { a0p: "x0" }, defaultLimits));
});

const expressions: readonly (readonly [operator: string, values: readonly string[], app: boolean, missing: boolean])[] =
  [
    ["In", ["web", "api"], true, false],
    ["NotIn", ["web", "api"], false, true],
    ["Exists", [], true, false],
    ["DoesNotExist", [], false, true],
  ];
for (const [operator, values, onApp, onMissing] of expressions) {
  test(`${operator} on a label and without it`, () => {
    assert.is(matchSelector({ matchExpressions: [{ key: "app", operator, values }] }, labels, defaultLimits), onApp);
    assert.is(
      matchSelector({ matchExpressions: [{ key: "nope", operator, values }] }, labels, defaultLimits),
      onMissing,
    );
  });
}

const refused = [
  { matchExpressions: [{ key: "app", operator: "In", values: [] }] },
  { matchExpressions: [{ key: "app", operator: "Exists", values: ["x"] }] },
  { matchExpressions: [{ key: "app", operator: "exists" }] },
  { matchExpressions: [{ key: "app", operator: "NotIn", values: ["not a value"] }] },
  { matchExpressions: [{ key: "bad key", operator: "DoesNotExist" }] },
  { matchLabels: { app: "not a value" } },
  { matchLabels: { "a/b/c": "x" } },
];
for (const [index, selector] of refused.entries()) {
  test(`a selector that Kubernetes refuses selects nothing (${index})`, () =>
    assert.not.ok(matchSelector(selector, labels, defaultLimits)));
}

test.run();
