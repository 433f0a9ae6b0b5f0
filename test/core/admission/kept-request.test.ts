import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { keptContent, readKeptRequest, readsObjects, writeKeptRequest } from "../../../core/admission/kept-request.ts";
import { load, policyText } from "../../support/fixture-policies.ts";
import { requestOf } from "../../support/undecided.ts";

const test = suite("core/admission/kept-request");

const secret = "hunter2";
const podSpec: JsonObject = {
  serviceAccountName: "app",
  imagePullSecrets: [{ name: "pull" }],
  hostname: secret,
  containers: [{ name: "a", image: "r.example/a:1", env: [{ name: "PASSWORD", value: secret }], args: [secret] }],
  initContainers: [{ name: "b", image: "r.example/b:1", command: [secret] }],
  ephemeralContainers: [{ name: "c", image: "r.example/c:1", env: [{ name: "X", value: secret }] }],
  volumes: [
    { name: "v", image: { reference: "r.example/v:1" } },
    { name: "w", configMap: { name: secret } },
  ],
};
const metadata: JsonObject = {
  name: "web",
  namespace: "shop",
  labels: { team: "a" },
  annotations: { note: secret, "kubectl.kubernetes.io/last-applied-configuration": secret },
  managedFields: [{ manager: secret }],
};
const bareContainers = {
  serviceAccountName: "app",
  imagePullSecrets: [{ name: "pull" }],
  containers: [{ name: "a", image: "r.example/a:1" }],
  initContainers: [{ name: "b", image: "r.example/b:1" }],
  ephemeralContainers: [{ name: "c", image: "r.example/c:1" }],
  volumes: [{ name: "v", image: { reference: "r.example/v:1" } }, { name: "w" }],
};

test("of a Pod, and of what makes Pods, the images, names and labels are kept, and nothing else", () => {
  const places: readonly (readonly [JsonObject, JsonObject])[] = [
    [{ apiVersion: "v1", kind: "Pod", metadata, spec: podSpec }, bareContainers],
    [
      { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 1, template: { spec: podSpec } } },
      { template: { spec: bareContainers } },
    ],
    [
      {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata,
        spec: { schedule: secret, jobTemplate: { spec: { template: { metadata, spec: podSpec } } } },
      },
      { jobTemplate: { spec: { template: { spec: bareContainers } } } },
    ],
  ];
  for (const [object, wanted] of places) {
    const text = writeKeptRequest(requestOf(object), false);
    assert.not(text.includes(secret), text);
    const kept = readKeptRequest(text);
    assert.equal(kept.object?.spec, wanted);
    assert.equal(kept.object?.metadata, { name: "web", namespace: "shop", labels: { team: "a" } });
    assert.equal([kept.operation, kept.kind.kind, kept.namespace], ["CREATE", object.kind, "shop"]);
    assert.equal(kept.userInfo, { username: "alice", groups: ["system:authenticated"] });
  }
});

test("where policies read more, the object is kept without what is it once more", () => {
  const kept = readKeptRequest(
    writeKeptRequest(requestOf({ apiVersion: "v1", kind: "Pod", metadata, spec: podSpec }), true),
  );
  assert.equal(kept.object?.spec, podSpec);
  const { managedFields: _, annotations: __, ...rest } = metadata;
  assert.equal(kept.object?.metadata, { ...rest, annotations: { note: secret } });
});

test("another kind, or a Pod of another group, is kept whole: nobody knows where its images are", () => {
  for (const [apiVersion, kind] of [
    ["tekton.dev/v1", "TaskRun"],
    ["other.example/v1", "Pod"],
  ] as const) {
    const { object } = readKeptRequest(
      writeKeptRequest(requestOf({ apiVersion, kind, metadata, spec: podSpec }), false),
    );
    assert.equal(object?.spec, podSpec);
  }
});

test("whether policies read more of an object than its images", () => {
  const reads = (...texts: readonly string[]): boolean => {
    const { policies, exceptions } = load(...texts);
    return readsObjects(policies, exceptions);
  };
  const attested = (value: string): string => `attestations:
- type: https://example.com/t
  attestors: [{ entries: [{ keys: { publicKeys: "k8s://ns/key" } }] }]
  conditions:
  - all:
    - { key: "${value}", operator: Equals, value: "someone@example.com" }`;
  const context = (entry: string): string => `context:\n- name: x\n  ${entry}`;
  const preconditions = 'preconditions: { all: [{ key: "a", operator: Equals, value: "a" }] }';
  const spec = "validationFailureAction: Enforce\nbackground: false";
  for (const [text, wanted] of [
    [policyText(), false],
    [policyText({ match: "any: [{ resources: { kinds: [Pod], selector: { matchLabels: { a: b } } } }]" }), false],
    [policyText({ match: "any: [{ resources: { kinds: [Pod] }, subjects: [{ kind: User, name: a }] }]", spec }), false],
    [policyText({ rule: context("configMap: { name: keys, namespace: ns }") }), false],
    [policyText({ fields: attested("{{ repo.uri }}").replace("someone@example.com", "x") }), false],
    [policyText({ match: "any: [{ resources: { kinds: [Pod], annotations: { a: b } } }]" }), true],
    [policyText({ rule: preconditions }), true],
    [policyText({ rule: context('configMap: { name: "{{ request.namespace }}", namespace: ns }') }), true],
    [policyText({ rule: context("variable: { jmesPath: request.object.spec }") }), true],
    [policyText({ fields: attested("{{ request.object.metadata.name }}") }), true],
    [policyText({ fields: attested("{{ keys(@) }}") }), true],
    [
      `${policyText()}---
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: { name: e, namespace: ns }
spec:
  match: { any: [{ resources: { kinds: [Pod] } }] }
  exceptions: [{ policyName: check, ruleNames: [verify] }]
  conditions: { all: [{ key: "a", operator: Equals, value: "a" }] }
`,
      true,
    ],
  ] as const)
    assert.is(reads(text), wanted, text);
});

test("what the API server gives an object leaves its content the same; images, labels and the user change it", () => {
  const content = (whole: boolean, spec: JsonObject, more: JsonObject = {}, asked: JsonObject = {}): string =>
    keptContent(
      requestOf({ apiVersion: "v1", kind: "Pod", metadata: { ...metadata, ...more }, spec, status: {} }, asked),
      whole,
    );
  const volumes = (name: string): JsonObject => ({ ...podSpec, volumes: [{ name }] });
  const given = { name: "web-x", uid: "1", creationTimestamp: "now", resourceVersion: "1", generation: 1 };
  for (const whole of [true, false]) {
    const first = content(whole, volumes("kube-api-access-ab1cd"));
    assert.is(content(whole, volumes("kube-api-access-xy2zz"), given, { name: "web-x" }), first);
    for (const other of [
      content(whole, { ...volumes("kube-api-access-ab1cd"), containers: [] }),
      content(whole, volumes("kube-api-access-ab1cd"), { labels: { team: "b" } }),
      content(whole, volumes("kube-api-access-ab1cd"), {}, { userInfo: { username: "eve" } }),
      content(whole, volumes("kube-api-access-ab1cd"), {}, { operation: "UPDATE" }),
    ])
      assert.is.not(other, first);
  }
  assert.is.not(content(true, podSpec, { annotations: {} }), content(true, podSpec));
});

test.run();
