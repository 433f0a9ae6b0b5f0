import { suite } from "uvu";
import * as assert from "uvu/assert";
import { entryWith, faults, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/schema-policy");

test("every field of a specification is known", () => {
  const spec = {
    validationFailureActionOverrides: [
      { action: "enforce", namespaces: ["a"], namespaceSelector: { matchLabels: { a: "b" } } },
    ],
    failurePolicy: "Ignore",
    webhookTimeoutSeconds: 5,
    webhookConfiguration: { matchConditions: [] },
    applyRules: "One",
    admission: true,
    emitWarning: true,
    schemaValidation: false,
    mutateExistingOnPolicyUpdate: false,
    generateExisting: false,
    useServerSideApply: false,
  };
  const top = {
    status: { anything: 1 },
    metadata: { name: "p", labels: { a: "b" }, annotations: null, creationTimestamp: null, resourceVersion: "1" },
  };
  assert.equal(
    faults(
      policyText(
        [
          ruleWith({
            reportProperties: { a: "{{ request.operation }}" },
            skipBackgroundRequests: false,
            preconditions: { all: [] },
          }),
        ],
        spec,
        top,
      ),
    ),
    [],
  );
});

test("unknown fields, missing ones and wrong types at any level, all at once", () => {
  const text = JSON.stringify({
    apiVersion: "kyverno.io/v1",
    kind: "ClusterPolicy",
    metadata: { labels: { a: 1 } },
    spec: {
      failurePolicy: "Maybe",
      webhookTimeoutSeconds: "5",
      rulez: [],
      rules: [{ name: "a".repeat(64), match: [], verifyImages: {} }, { match: {} }],
    },
    extra: 1,
  });
  const expected = [
    "/extra",
    "/metadata/name",
    "/metadata/labels/a",
    "/spec/failurePolicy",
    "/spec/rules/0/match",
    "/spec/rules/0/name",
    "/spec/rules/0/verifyImages",
    "/spec/rules/1/name",
    "/spec/rulez",
    "/spec/webhookTimeoutSeconds",
  ];
  const found = faults(text).map((fault) => fault.replace("invalid-policy ", ""));
  for (const pointer of expected) assert.ok(found.includes(pointer), pointer);
});

test("versions: v1, v2beta1 and v2; the later ones have neither bare match nor legacy fields", () => {
  const bare = ruleWith({ match: { resources: { kinds: ["Pod"] } } });
  const legacy = ruleWith({ verifyImages: [{ image: "ghcr.io/*", key: "k8s://a/b" }] });
  for (const rule of [bare, legacy]) assert.equal(faults(policyText([rule])), []);
  for (const apiVersion of ["kyverno.io/v2beta1", "kyverno.io/v2"]) {
    assert.equal(faults(policyText([ruleWith()], {}, { apiVersion })), []);
    assert.ok(faults(policyText([bare], {}, { apiVersion })).includes("invalid-policy /spec/rules/0/match/resources"));
    assert.ok(
      faults(policyText([legacy], {}, { apiVersion })).includes("invalid-policy /spec/rules/0/verifyImages/0/image"),
    );
    assert.ok(
      faults(policyText([ruleWith({ verifyImages: [entryWith({ cosignOCI11: true })] })], {}, { apiVersion })).includes(
        "invalid-policy /spec/rules/0/verifyImages/0/cosignOCI11",
      ),
    );
  }
  for (const apiVersion of ["kyverno.io/v1alpha1", "kyverno.io/v3", "kyverno.io/toString"])
    assert.equal(faults(policyText([ruleWith()], {}, { apiVersion })), ["invalid-policy /apiVersion"]);
});

test.run();
