/**
 * One way to decide: `apply`, `explain` and the engine itself over the same policies and resources. What differs
 * between them is what is shown, never what is decided.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "yaml";
import { createEngine, type Decision } from "../../core/decide/engine.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { applyPatches } from "../../core/kyverno/outcome/apply-patches.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { entryOf, image, type PolicyText, pod, policyText } from "../support/fixture-policies.ts";
import { toDecisionJson } from "../../core/decide/result-json.ts";
import { runCli, type TestWorld } from "./command-io.ts";
import { defaultLimits } from "../../core/limits.ts";

const test = suite("cli/judge");
const fixture = (path: string): string => fileURLToPath(new URL(`../fixtures/${path}`, import.meta.url));
const layout = fixture("documentation/layout");
const now = "2026-11-26T12:00:00Z";

interface Case {
  readonly policies: readonly string[];
  readonly resource: JsonObject;
  readonly allowed: boolean;
  /** `pass policy status` of every result, in order. */
  readonly says: readonly string[];
  /** Images that are pinned. */
  readonly pins: number;
  /** What the layout lacks is not known to be absent. */
  readonly incomplete?: boolean;
}

const texts = (...policies: readonly PolicyText[]): readonly string[] => policies.map(policyText);
const enforce = "validationFailureAction: Enforce";
const pins: PolicyText = { name: "pins" };
const digest: PolicyText = { name: "digest", fields: "mutateDigest: false\nverifyDigest: true" };
const onlyPins: PolicyText = { name: "only-pins", entries: [], fields: "required: false" };
const required: PolicyText = { name: "required", entries: [], fields: "mutateDigest: false\nrequired: true" };
const other = (name: string, spec: string): PolicyText => ({
  name,
  spec,
  entries: [entryOf("b")],
  fields: "mutateDigest: false\nverifyDigest: false",
});
const recorded: PolicyText = {
  ...digest,
  name: "recorded",
  match: 'any: [{ resources: { kinds: [Pod], annotations: { "kyverno.io/verify-images": "*" } } }]',
};
const ignoring: PolicyText = { ...pins, spec: `${enforce}\nfailurePolicy: Ignore` };
const ofWidgets = (policy: PolicyText): PolicyText => ({
  ...policy,
  match: "any: [{ resources: { kinds: [example.com/v1/Widget] } }]",
  rule: "imageExtractors: { Widget: [{ path: /spec/runs/*/image }] }",
});
const widget: JsonObject = {
  apiVersion: "example.com/v1",
  kind: "Widget",
  metadata: { name: "w", namespace: "shop" },
  spec: { runs: [{ image: image("signed") }, { image: image("signed-by-both") }] },
};
const signed = pod(image("signed"));

const cases: Readonly<Record<string, Case>> = {
  "pin, then want a digest (fixture)": {
    policies: [readFileSync(fixture("several-policies/pin-then-digest.yaml"), "utf8")],
    resource: JSON.parse(readFileSync(fixture("several-policies/pod.json"), "utf8")) as JsonObject,
    allowed: true,
    says: ["mutate a-pin pass", "mutate b-digest pass", "validate a-pin pass", "validate b-digest pass"],
    pins: 1,
  },
  "want a digest, then pin": {
    policies: texts(digest, pins),
    resource: signed,
    allowed: true,
    says: ["mutate digest pass", "mutate pins pass", "validate digest pass", "validate pins pass"],
    pins: 1,
  },
  "want a digest that no policy adds": {
    policies: texts(digest, { ...digest, name: "too" }),
    resource: signed,
    allowed: false,
    says: ["mutate digest pass", "mutate too pass", "validate digest fail", "validate too fail"],
    pins: 0,
  },
  "require what only another policy verifies": {
    policies: texts(pins, required),
    resource: signed,
    allowed: false,
    says: ["mutate pins pass", "validate pins pass", "validate required fail"],
    pins: 1,
  },
  "pin without verifying": {
    policies: texts(onlyPins, digest),
    resource: signed,
    allowed: true,
    says: ["mutate only-pins pass", "mutate digest pass", "validate only-pins pass", "validate digest pass"],
    pins: 1,
  },
  "Audit that fails beside Enforce that passes": {
    policies: texts(other("audit", "validationFailureAction: Audit"), pins),
    resource: signed,
    allowed: true,
    says: ["mutate audit fail", "mutate pins pass", "validate audit fail", "validate pins pass"],
    pins: 1,
  },
  "Enforce that fails beside one that passes": {
    policies: texts(pins, other("enforce", enforce)),
    resource: signed,
    allowed: false,
    says: ["mutate pins pass", "mutate enforce fail", "validate pins pass", "validate enforce fail"],
    pins: 1,
  },
  "an unknown that Ignore overlooks": {
    policies: texts(ignoring, { ...ignoring, name: "too" }),
    resource: pod(image("nowhere")),
    allowed: true,
    says: ["mutate pins error", "mutate too error", "validate pins error", "validate too error"],
    pins: 0,
    incomplete: true,
  },
  "an unknown that Ignore overlooks, and a digest that is missing": {
    policies: texts(ignoring, { ...digest, spec: ignoring.spec ?? "" }),
    resource: pod(image("nowhere")),
    allowed: false,
    says: ["mutate pins error", "mutate digest error", "validate pins error", "validate digest fail"],
    pins: 0,
    incomplete: true,
  },
  "two that pin the same image": {
    policies: texts(pins, { ...pins, name: "too" }),
    resource: pod(image("signed"), image("signed-by-both")),
    allowed: true,
    says: [
      ...["pins", "pins", "too", "too"].map((name) => `mutate ${name} pass`),
      ...["pins", "too"].map((name) => `validate ${name} pass`),
    ],
    pins: 2,
  },
  "one that matches by the record of what was verified": {
    policies: texts(recorded, pins),
    resource: signed,
    allowed: true,
    says: ["mutate pins pass", "validate recorded pass", "validate pins pass"],
    pins: 1,
  },
  "images of a custom resource": {
    policies: texts(ofWidgets(pins), ofWidgets(digest)),
    resource: widget,
    allowed: true,
    says: [
      ...["pins", "pins", "digest", "digest"].map((name) => `mutate ${name} pass`),
      ...["pins", "digest"].map((name) => `validate ${name} pass`),
    ],
    pins: 2,
  },
};

const claimed = { complete: "image", claimedBy: `--layout ${layout} --complete` } as const;
const decided = (policies: readonly string[], resource: JsonObject, complete: boolean): Decision => {
  const loaded = loadPolicies(policies.map((text, index) => ({ name: `policies/${index}.yaml`, text })));
  assert.equal(loaded.errors, []);
  const engine = createEngine({
    policies: loaded.policies,
    crypto: nodeVerifier,
    settings: { absentNamespaceLabels: "none" },
  });
  return engine.decide(
    requestFor(resource),
    openLayout(layout, { ...(complete ? claimed : {}), limits: defaultLimits }),
    new Date(now),
  );
};

for (const [name, { policies, resource, allowed, says, pins: pinned, incomplete }] of Object.entries(cases))
  test(name, async () => {
    const decision = decided(policies, resource, incomplete !== true);
    assert.equal(
      decision.results.map(({ pass, policy, status }) => `${pass} ${policy} ${status}`),
      says,
    );
    assert.is(decision.allowed, allowed);
    assert.is(decision.patches.filter(({ path }) => path.startsWith("/spec")).length, pinned);

    const world: TestWorld = {
      now,
      files: {
        "resource.json": JSON.stringify(resource),
        ...Object.fromEntries(policies.map((text, index) => [`policies/${index}.yaml`, text])),
      },
    };
    const inputs = ["-r", "resource.json", "--layout", layout, ...(incomplete === true ? [] : ["--complete"])];

    const explained = await runCli(["explain", "-p", "policies", ...inputs, "-o", "json"], world);
    assert.is(explained.exit, allowed ? 0 : 1, explained.err);
    const [explanation] = (JSON.parse(explained.out) as { readonly decisions: readonly Decision[] }).decisions;
    const shown = toDecisionJson(decision);
    for (const part of ["allowed", "results", "patches", "open", "warnings"] as const)
      assert.is(JSON.stringify(explanation?.[part]), JSON.stringify(shown[part]), `explain: ${part}`);

    const report = ["-p", "--output-format", "json", "-o", "left.json"];
    const applied = await runCli(["apply", "policies", ...inputs, ...report], world);
    assert.is(applied.exit, decision.results.some(({ status }) => status === "fail" || status === "error") ? 1 : 0);
    const { results } = JSON.parse(applied.out) as { readonly results: readonly Record<string, unknown>[] };
    assert.equal(
      results.map((result) => [result.policy, result.rule, result.result, result.message]),
      decision.results.map((result) => [result.policy, result.rule, result.status, result.message]),
    );
    const left: unknown = parse(applied.written["left.json"] ?? "");
    assert.equal(left, allowed ? applyPatches(resource, decision.patches) : resource);
  });

test("values for one policy alone reach that policy alone, its operation too", async () => {
  const conditional = (name: string): PolicyText => ({
    name,
    rule:
      "context: [{ name: wanted, configMap: { name: c, namespace: shop } }]\n" +
      "preconditions:\n" +
      '  all: [{ key: "{{ wanted }} {{ request.operation }}", operator: Equals, value: "yes CREATE" }]',
  });
  const values = `apiVersion: cli.kyverno.io/v1alpha1
kind: Values
globalValues: { wanted: "yes" }
policies:
- name: by-rule
  rules: [{ name: verify, values: { wanted: "no" } }]
- name: by-resource
  resources: [{ name: web, values: { wanted: "no" } }, { name: other, values: { wanted: "yes" } }]
- name: by-operation
  resources: [{ name: web, values: { request.operation: UPDATE } }]
- name: gone
  resources: [{ name: web, values: { request.operation: DELETE } }]
- name: for-another-resource
  resources: [{ name: other, values: { wanted: "no" } }]
`;
  const names = ["first", "by-rule", "by-resource", "by-operation", "gone", "for-another-resource"];
  const { exit, out, err } = await runCli(
    ["apply", "policies", "-r", "pod.json", "-f", "values.yaml", "-p", "--output-format", "json", "--layout", layout],
    {
      now,
      files: {
        "pod.json": JSON.stringify(signed),
        "values.yaml": values,
        ...Object.fromEntries(names.map((name, index) => [`policies/${index}.yaml`, policyText(conditional(name))])),
      },
    },
  );
  const { results } = JSON.parse(out) as { readonly results: readonly Record<string, unknown>[] };
  const expected = ["first pass", "by-rule skip", "by-resource skip", "by-operation skip", "for-another-resource pass"];
  assert.equal(
    results.map(({ policy, result }) => `${policy} ${result}`),
    [...expected, ...expected],
    err,
  );
  assert.is(exit, 0, err);
});

test.run();
