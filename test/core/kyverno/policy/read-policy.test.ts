import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { goldenDir, skipped } from "../../../support/vectors.ts";
import { faults, load, loaded, policyText, ruleWith } from "./sample-policy.ts";

const test = suite("core/kyverno/policy/read-policy");

const yaml = `# a comment
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: check
  labels: {a: b}
spec:
  rules:
  - name: r
    match:
      any:
      - resources:
          kinds: [Pod]
    verifyImages:
    - imageReferences: ["*"]
      mutateDigest: false
      atestors: []
`;

test("a policy and its defaults", () => {
  const policy = loaded(
    policyText([ruleWith()], { background: undefined, validationFailureAction: undefined, rules: [] }),
  );
  const { spec } = policy;
  assert.equal(
    [policy.apiVersion, policy.kind, policy.name, policy.namespace],
    ["kyverno.io/v1", "ClusterPolicy", "p", undefined],
  );
  assert.equal(spec, {
    validationFailureAction: "Audit",
    validationFailureActionOverrides: [],
    failurePolicy: "Fail",
    applyRules: "All",
    admission: true,
    background: true,
    emitWarning: false,
    rules: [],
  });
});

test("what is given; webhookConfiguration wins", () => {
  const overrides = [{ action: "audit", namespaces: ["a"], namespaceSelector: { matchLabels: { x: "y" } } }];
  const { spec } = loaded(
    policyText([], {
      validationFailureAction: "enforce",
      validationFailureActionOverrides: overrides,
      webhookConfiguration: { failurePolicy: "Ignore", timeoutSeconds: 7 },
      applyRules: "One",
      emitWarning: true,
    }),
  );
  assert.equal(
    [spec.validationFailureAction, spec.failurePolicy, spec.webhookTimeoutSeconds, spec.applyRules, spec.emitWarning],
    ["Enforce", "Ignore", 7, "One", true],
  );
  assert.equal(JSON.parse(JSON.stringify(spec.validationFailureActionOverrides)), overrides);
});

test("a Policy without namespace is of the namespace default", () => {
  assert.is(loaded(policyText([], {}, { kind: "Policy" })).namespace, "default");
  assert.is(
    loaded(policyText([], {}, { kind: "Policy", metadata: { name: "p", namespace: "apps" } })).namespace,
    "apps",
  );
});

test("errors have line, column and the nearest field", () => {
  const { policies, errors } = load(yaml);
  assert.equal(policies, []);
  assert.equal(errors, [
    {
      code: "invalid-policy",
      message: 'spec.rules[0].verifyImages[0].atestors: unknown field; did you mean "attestors"?',
      pointer: "/spec/rules/0/verifyImages/0/atestors",
      policy: "check",
      file: "policy.yaml",
      line: 17,
      column: 7,
    },
  ]);
});

test("positions of what was read", () => {
  const policy = loaded(yaml.replace(/\n.*atestors.*\n/, "\n"));
  assert.equal(policy.position("/spec/rules/0"), { file: "policy.yaml", line: 9, column: 5 });
  assert.equal(policy.position("/spec/rules/0/verifyImages/0/imageReferences/0"), {
    file: "policy.yaml",
    line: 15,
    column: 25,
  });
  assert.equal(policy.position("/spec/rules/0/verifyImages/0/mutateDigest"), {
    file: "policy.yaml",
    line: 16,
    column: 21,
  });
});

test("several files, several documents; other kinds are set apart", () => {
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n";
  const loadedFiles = loadPolicies([
    { name: "a.yaml", text: `${namespace}---\n${policyText([ruleWith()])}` },
    { name: "b.yaml", text: policyText([ruleWith()], {}, { kind: "Policy" }) },
  ]);
  assert.equal(loadedFiles.errors, []);
  assert.equal(
    loadedFiles.policies.map(({ kind }) => kind),
    ["ClusterPolicy", "Policy"],
  );
  assert.equal(
    loadedFiles.others.map(({ kind, position }) => [kind, position.file, position.line]),
    [["Namespace", "a.yaml", 1]],
  );
});

test("two policies of one name are both read, the second with a warning", () => {
  const { policies } = loadPolicies(["a.yaml", "b.yaml"].map((name) => ({ name, text: policyText([ruleWith()]) })));
  assert.equal(
    policies.map(({ warnings }) => warnings.length),
    [0, 1],
  );
  assert.match(policies[1]?.warnings[0]?.message ?? "", /a\.yaml:\d+ has a policy/);
});

const exceptionText = `apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: spare }
spec:
  exceptions: [{ policyName: p, ruleNames: [check] }]
  match: { any: [{ resources: { kinds: [Pod] } }] }
`;

test("a document that is not a Kubernetes object is skipped in a folder, and an error in a named file", () => {
  const text = "name: base\nversion: 1.0.0\n---\nresources: [policy.yaml]\n---\n[]\n";
  const found = loadPolicies([{ name: "d/a.yml", text, inFolder: true }]);
  assert.equal([found.errors, found.others], [[], []]);
  assert.equal(
    found.skipped.map(({ file, line }) => [file, line]),
    [
      ["d/a.yml", 1],
      ["d/a.yml", 4],
      ["d/a.yml", 6],
    ],
  );
  const named = loadPolicies([{ name: "a.yml", text }]);
  assert.equal([named.errors.length, named.skipped], [3, []]);
  for (const meant of [
    "apiversion: kyverno.io/v1\nkind: ClusterPolicy\n",
    "kind: ClusterPolicy\nspec: { rules: [] }\n",
    "apiVersion: kyverno.io/v1\nspec: {}\n",
    "a: [\n",
  ])
    assert.is(loadPolicies([{ name: "d/a.yml", text: meant, inFolder: true }]).errors.length, 1, meant);
});

test("exceptions alone: nothing else is read", () => {
  const broken = policyText([ruleWith({ match: undefined })]);
  const text = [broken, exceptionText, "a: 1\n"].join("\n---\n");
  const {
    policies,
    exceptions,
    errors,
    others,
    skipped: left,
  } = loadPolicies([{ name: "a.yaml", text }], {
    wanted: "exceptions",
  });
  assert.equal([policies, errors], [[], []]);
  assert.equal([exceptions.map(({ name }) => name), others.length, left.length], [["spare"], 2, 0]);
  for (const wrong of [
    exceptionText.replace("kyverno.io/v2", "kyverno.io/v1"),
    exceptionText.replace("kyverno.io/v2", "policies.kyverno.io/v1"),
    exceptionText.replace("policyName", "policy"),
  ])
    assert.is(loadPolicies([{ name: "a.yaml", text: wrong }], { wanted: "exceptions" }).errors.length > 0, true, wrong);
});

test("items of a ClusterPolicyList are cluster policies", () => {
  const { apiVersion, kind, ...item } = JSON.parse(policyText([ruleWith()]));
  const list = JSON.stringify({ apiVersion, kind: `${kind}List`, metadata: {}, items: [item] });
  assert.equal(
    load(list).policies.map(({ kind: found, name }) => [found, name]),
    [["ClusterPolicy", "p"]],
  );
});

test("items of a List, with positions of the file", () => {
  const item = JSON.parse(policyText([ruleWith({ nam: "x" })]));
  const { errors } = load(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: [{ apiVersion: "v1", kind: "Pod" }, item] }, null, 1),
  );
  assert.equal(
    errors.map(({ pointer }) => pointer),
    ["/spec/rules/0/nam"],
  );
  assert.ok((errors[0]?.line ?? 0) > 10);
});

test("documents that are no policies of ours", () => {
  const other = (apiVersion: string, kind: string) =>
    faults(JSON.stringify({ apiVersion, kind, metadata: { name: "x" }, spec: {} }));
  for (const kind of ["ImageValidatingPolicy", "NamespacedImageValidatingPolicy", "ValidatingPolicy"])
    assert.equal(other("policies.kyverno.io/v1beta1", kind), ["unsupported /kind"]);
  assert.equal(other("kyverno.io/v2", "ClusterCleanupPolicy"), ["unsupported /kind"]);
  assert.equal(other("policies.kyverno.io/v1", "PolicyException"), ["unsupported /kind"]);
  assert.equal(other("v1", "ConfigMap"), []);
  for (const text of ["a: b", "[]", "just text", '{"kind": "ClusterPolicy"}'])
    assert.equal(faults(text), ["invalid-policy "], text);
});

test("YAML that does not parse, and bounds, are problems with a position", () => {
  const { errors } = load("a: {{x}}\n---\n- : - b: [\n");
  assert.ok(
    errors.length >= 1 &&
      errors.every(({ code, line, pointer }) => code === "invalid-policy" && line >= 1 && pointer === ""),
  );
  assert.equal(faults("[".repeat(500)), ["invalid-policy "]);
});

test("truncated at any length a policy loads or is refused", () => {
  const whole = policyText([ruleWith()]);
  for (let length = 0; length < whole.length; length++) {
    const { policies, errors, others } = load(whole.slice(0, length));
    assert.ok(
      policies.length === 0 && others.length === 0 && (errors.length > 0 || whole.slice(0, length).trim() === ""),
      String(length),
    );
  }
});

test("the document is kept", () =>
  assert.is((loaded(policyText([ruleWith()])).document.metadata as { name: string }).name, "p"));

/** Where Sallyport decides otherwise than Kyverno whether a policy loads: case → section of `docs/spec` and rule. */
const differences: Readonly<Record<string, string>> = {
  "v0-300": "docs/spec/kyverno.md#attestors: rekor.pubKey in place of a url",
  "v0-456": "docs/spec/kyverno.md#attestation-entries: an empty all is refused",
  "v2-024": "docs/spec/kyverno.md#attestors: keyless without identity is refused",
  "v2-106": "docs/spec/kyverno.md#attestation-entries: an attestation without attestors is refused",
};

const golden = goldenDir();
if (golden === undefined) skipped("core/kyverno/policy/read-policy", 1, "SALLYPORT_GOLDEN is not set");
else {
  test("every golden policy loads, or is refused where Kyverno refuses it", () => {
    const folder = join(golden, "verify");
    const cases = readFileSync(join(folder, "cases.jsonl"), "utf8")
      .split("\n")
      .filter((line) => line !== "");
    for (const line of cases) {
      const { id, policy, exception, kyverno } = JSON.parse(line) as {
        id: string;
        policy: string;
        exception?: string;
        kyverno: { rejected?: string; loadError?: string };
      };
      const files = [policy, ...(exception === undefined ? [] : [exception])].map((name) => ({
        name,
        text: readFileSync(join(folder, name), "utf8"),
      }));
      const { errors, policies, exceptions } = loadPolicies(files);
      const refused = kyverno.rejected !== undefined || kyverno.loadError !== undefined;
      assert.is(
        errors.length > 0,
        differences[id] === undefined ? refused : !refused,
        `${id}: ${errors.map((error) => error.message).join("; ")}`,
      );
      if (errors.length === 0)
        assert.equal([policies.length, exceptions.length], [1, exception === undefined ? 0 : 1], id);
    }
  });
}

test.run();
