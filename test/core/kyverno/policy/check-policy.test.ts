import { suite } from "uvu";
import * as assert from "uvu/assert";
import { faults, loaded, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/check-policy");
const spec = (fields: Record<string, unknown>, rules = [ruleWith()]): readonly string[] =>
  faults(policyText(rules, fields));
const autogen = (controllers: string) =>
  policyText(
    [ruleWith()],
    {},
    { metadata: { name: "p", annotations: { "pod-policies.kyverno.io/autogen-controllers": controllers } } },
  );
const validate = ruleWith({ verifyImages: undefined, validate: { deny: {} } });

const cases: readonly (readonly [name: string, found: readonly string[], wanted: readonly string[]])[] = [
  [
    "both failure policies",
    spec({ failurePolicy: "Fail", webhookConfiguration: { failurePolicy: "Fail" } }),
    ["invalid-policy /spec/failurePolicy"],
  ],
  [
    "both timeouts",
    spec({ webhookTimeoutSeconds: 5, webhookConfiguration: { timeoutSeconds: 5 } }),
    ["invalid-policy /spec/webhookTimeoutSeconds"],
  ],
  ["a timeout of 0", spec({ webhookTimeoutSeconds: 0 }), ["invalid-policy /spec/webhookTimeoutSeconds"]],
  [
    "a timeout of 31",
    spec({ webhookConfiguration: { timeoutSeconds: 31 } }),
    ["invalid-policy /spec/webhookConfiguration/timeoutSeconds"],
  ],
  [
    "conditions in CEL",
    spec({ webhookConfiguration: { matchConditions: [{ name: "a", expression: "true" }] } }),
    ["unsupported /spec/webhookConfiguration/matchConditions"],
  ],
  ["no admission", spec({ admission: false, background: true }), ["invalid-policy /spec/admission"]],
  ["no admission with validation only", spec({ admission: false, background: true }, [validate]), []],
  [
    "neither admission nor background",
    spec({ admission: false, background: false }, [validate]),
    ["invalid-policy /spec/admission"],
  ],
  [
    "a removed field",
    spec({ generateExistingOnPolicyUpdate: true }),
    ["invalid-policy /spec/generateExistingOnPolicyUpdate"],
  ],
  ["two rules of one name", spec({}, [ruleWith(), ruleWith()]), ["invalid-policy /spec/rules/1/name"]],
  ["no rules", spec({}, []), []],
  [
    "a ClusterPolicy with a namespace",
    faults(policyText([ruleWith()], {}, { metadata: { name: "p", namespace: "a" } })),
    ["invalid-policy /metadata/namespace"],
  ],
  [
    "overrides in a Policy",
    faults(policyText([ruleWith()], { validationFailureActionOverrides: [{ action: "Audit" }] }, { kind: "Policy" })),
    ["invalid-policy /spec/validationFailureActionOverrides"],
  ],
  [
    "autogen for all",
    faults(autogen("all")),
    ["invalid-policy /metadata/annotations/pod-policies.kyverno.io~1autogen-controllers"],
  ],
  ["autogen for none", faults(autogen("none")), []],
];
for (const [name, found, wanted] of cases) test(name, () => assert.equal(found, wanted));

const messages = (text: string): readonly string[] => loaded(text).warnings.map(({ message }) => message);
test("warnings: actions in lower case, a part of the controllers", () => {
  assert.match(
    messages(policyText([ruleWith()], { validationFailureAction: "enforce" })).join(),
    /use Enforce\/Audit instead/,
  );
  assert.match(messages(autogen("Deployment,Job")).join(), /excluded from autogen/);
  assert.equal(messages(autogen("none")), []);
});

test.run();
