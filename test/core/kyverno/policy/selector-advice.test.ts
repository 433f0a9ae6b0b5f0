import { suite } from "uvu";
import * as assert from "uvu/assert";
import { advise } from "../../../../core/kyverno/policy/advice.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { loaded, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/selector-advice");

const said = (rule: Record<string, unknown>, spec: Record<string, unknown> = {}): readonly string[] =>
  advise(loaded(policyText([ruleWith(rule)], spec)), defaultLimits)
    .filter(({ code }) => code === "overlapping-labels")
    .map(({ message }) => message);
const matching = (matchLabels: Record<string, string>, form = "any", field = "selector") => ({
  match: { [form]: [{ resources: { kinds: ["Pod"], [field]: { matchLabels } } }] },
});

test("a wildcard that meets another entry's label, whatever the block", () => {
  const labels = { "ti*": "front", tier: "back" };
  const [message = "", ...more] = said(matching(labels));
  assert.is(more.length, 0);
  assert.match(message, 'spec.rules[0].match.any[0].resources.selector.matchLabels["ti*"]');
  assert.match(message, 'the label "tier", and another entry wants that label to be "back"');
  for (const [form, field] of [
    ["all", "selector"],
    ["any", "namespaceSelector"],
  ] as const)
    assert.is(said(matching(labels, form, field)).length, 1, `${form} ${field}`);
  const resources = { kinds: ["Pod"], selector: { matchLabels: labels } };
  assert.is(said({ match: { resources } }).length, 1);
  assert.is(said({ exclude: { any: [{ resources }] } }).length, 1);
  const validationFailureActionOverrides = [{ action: "Enforce", namespaceSelector: { matchLabels: labels } }];
  assert.is(said({}, { validationFailureActionOverrides }).length, 1);
});

test("entries that cannot contradict each other are nothing to speak of", () => {
  for (const labels of [
    { "ti*": "front" },
    { "ti*": "front", app: "back" },
    { "ti*": "back", tier: "back" },
    { tier: "f*", app: "back" },
  ])
    assert.equal(said(matching(labels)), [], JSON.stringify(labels));
  assert.is(said(matching({ "t?er": "*", tier: "back", tree: "x" })).length, 1, "only what the pattern fits");
});

test("a wildcard in an expression matches no label", () => {
  const said = (namespaceSelector: unknown): readonly string[] =>
    advise(
      loaded(policyText([ruleWith({ match: { resources: { kinds: ["Pod"], namespaceSelector } } })])),
      defaultLimits,
    )
      .filter(({ code }) => code === "wildcard-in-expression")
      .map(({ pointer }) => pointer);
  const expression = (...values: readonly string[]) => ({ matchExpressions: [{ key: "env", operator: "In", values }] });
  assert.equal(said(expression("prod", "dev-*", "?")).length, 2);
  assert.match(said(expression("prod-*"))[0] ?? "", /resources\/namespaceSelector\/matchExpressions\/0$/);
  assert.equal(said(expression("prod")), []);
});

test.run();
