import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distinctPolicies } from "../../../cli/serve/distinct-policies.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("cli/serve/distinct-policies");

const counted = (...texts: readonly string[]): readonly [kept: number, same: number] => {
  const { policies, same } = distinctPolicies(load(...texts).policies);
  return [policies.length, same.length];
};
const firstOf = (list: unknown): JsonObject => (list as readonly JsonObject[])[0] ?? {};
const enforce = "validationFailureAction: Enforce";

test("a policy as a file has it, and as an API server gives it back, is one", () => {
  const [policy] = load(policyText()).policies;
  const { metadata, spec, ...rest } = JSON.parse(JSON.stringify(policy?.document)) as Record<string, JsonObject>;
  const rule = firstOf(spec?.rules);
  const images = firstOf(rule.verifyImages);
  const defaults = { mutateDigest: true, required: true, verifyDigest: true, useCache: true };
  const given = {
    spec: {
      rules: [
        {
          skipBackgroundRequests: true,
          verifyImages: [{ ...images, ...defaults }],
          name: "verify",
          match: rule.match ?? {},
        },
      ],
      background: true,
      admission: true,
      emitWarning: false,
      validationFailureAction: "Enforce",
    },
    ...rest,
    metadata: {
      uid: "u-1",
      resourceVersion: "7",
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": "{}", "argocd.argoproj.io/tracking-id": "x" },
      ...metadata,
    },
  };
  assert.equal(counted(policyText(), JSON.stringify(given)), [1, 1]);
  const { policies, same } = distinctPolicies(load(policyText(), JSON.stringify(given)).policies);
  assert.is(same[0]?.counts, policies[0]);
});

test("of several each that differs counts once", () => {
  const other = policyText({ entries: [] });
  assert.equal(counted(policyText(), other, policyText(), other, policyText()), [2, 3]);
});

test("what differs in anything that decides, or is shown, is another policy", () => {
  const first = policyText();
  const annotated = (key: string): string =>
    first.replace("{ name: check }", `{ name: check, annotations: { ${key} } }`);
  for (const second of [
    policyText({ name: "other" }),
    policyText({ kind: "Policy", namespace: "shop" }),
    policyText({ spec: "validationFailureAction: Audit", fields: "mutateDigest: false" }),
    policyText({ spec: `${enforce}\nfailurePolicy: Ignore` }),
    policyText({ references: '["registry.example/*"]' }),
    policyText({ match: "any: [{ resources: { kinds: [Deployment] } }]" }),
    policyText({ count: 1 }),
    policyText({ fields: "mutateDigest: false" }),
    policyText({ rule: "preconditions: { all: [{ key: a, operator: Equals, value: a }] }" }),
    annotated('pod-policies.kyverno.io/autogen-controllers: "none"'),
    annotated('policies.kyverno.io/severity: "high"'),
    annotated('policies.kyverno.io/scored: "false"'),
  ])
    assert.equal(counted(first, second), [2, 0], second);
  assert.equal(
    counted(policyText({ kind: "Policy", namespace: "a" }), policyText({ kind: "Policy", namespace: "b" })),
    [2, 0],
  );
  const precondition = (value: string): string =>
    policyText({ rule: `preconditions: { all: [{ key: a, operator: Equals, value: ${value} }] }` });
  assert.equal(counted(precondition("1"), precondition('"1"')), [2, 0]);
});

test.run();
