/** The text by which requests are alike: what a policy reads is in it, and nothing has two readings. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plainRequests } from "../../../core/decide/plain-request.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import { image, load, pod, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/decide/plain-request");

/** A policy with something in place of its line of matching, or of the first line of its entry. */
const keyOf = (
  edit: (text: string) => string = (text) => text,
  exceptions: Parameters<typeof plainRequests>[1] = [],
) => {
  const text = edit(policyText());
  const { policies, errors } = load(text);
  assert.equal(errors, []);
  return plainRequests(policies, exceptions)?.keyOf;
};
const plain = keyOf();
const web = pod(image("signed"));
const request = requestFor(web);
const withMetadata = (more: JsonObject): AdmissionRequest =>
  requestFor({ ...web, metadata: { ...(web.metadata as JsonObject), ...more } });
const withSpec = (spec: JsonValue): AdmissionRequest => requestFor({ ...web, spec });
const textOf = (one: AdmissionRequest): string | undefined => plain?.(one, "mutate");

test("what no policy reads is not in it", () => {
  const text = textOf(request);
  assert.type(text, "string");
  for (const more of [{ name: "other" }, { labels: { a: "b" } }, { uid: "1" }, { managedFields: [] }])
    assert.is(textOf(withMetadata(more)), text, JSON.stringify(more));
  assert.is(textOf({ ...request, uid: "2", dryRun: true, name: "other" }), text);
});

test("everything that changes a decision changes it", () => {
  const others: readonly AdmissionRequest[] = [
    { ...request, operation: "UPDATE" },
    { ...request, namespace: "elsewhere" },
    { ...request, subResource: "ephemeralcontainers" },
    { ...request, kind: { ...request.kind, group: "other" } },
    { ...request, kind: { ...request.kind, version: "v2" } },
    { ...request, userInfo: { username: "jane" } },
    withMetadata({ annotations: {} }),
    withMetadata({ annotations: { "kyverno.io/verify-images": "{}" } }),
    withMetadata({ annotations: { "kyverno.io/verify-images-scoped": "{}" } }),
    requestFor(pod(image("signed"), image("signed"))),
    requestFor(pod(image("unsigned"))),
    withSpec({ ...(web.spec as JsonObject), initContainers: [{ name: "i", image: "a" }] }),
    withSpec({ ...(web.spec as JsonObject), ephemeralContainers: [{ name: "i", image: "a" }] }),
    withSpec({ ...(web.spec as JsonObject), volumes: [{ name: "i", image: { reference: "a" } }] }),
  ];
  const texts = [request, ...others].map(textOf);
  assert.is(texts.filter((text) => text === undefined).length, 0);
  assert.is(new Set(texts).size, texts.length);
  assert.is.not(plain?.(request, "validate"), plain?.(request, "mutate"));
  assert.is.not(plain?.(request, undefined), plain?.(request, "mutate"));
});

test("a name cannot be read as a name and an image", () => {
  const specs: readonly JsonObject[] = [
    { containers: [{ name: "a", image: "b" }] },
    { containers: [{ name: "a1:b", image: "" }] },
    { containers: [{ name: "a" }, { name: "b" }] },
    { initContainers: [{ name: "a", image: "b" }] },
    { containers: [{ name: "a", image: "b1:c1:d" }] },
    {
      containers: [
        { name: "a", image: "b" },
        { name: "c", image: "d" },
      ],
    },
  ];
  assert.is(new Set(specs.map((spec) => textOf(withSpec(spec)))).size, specs.length);
});

test("what is read in another way, or refused, has none", () => {
  const specs: readonly JsonValue[] = [
    null,
    "text",
    { containers: { a: { name: "a", image: "b" } } },
    { containers: ["a"] },
    { containers: [{ image: "b" }] },
    { containers: [{ name: 1, image: "b" }] },
    { containers: [{ name: "a", image: 1 }] },
    { volumes: [{ name: "a", image: "b" }] },
    { volumes: [{ image: { reference: "b" } }] },
    { volumes: [{ name: "a", image: { reference: 1 } }] },
    { containers: Array.from({ length: 200 }, (_, index) => ({ name: `c${index}`, image: "registry.example/app:1" })) },
  ];
  for (const spec of specs) assert.is(textOf(withSpec(spec)), undefined, JSON.stringify(spec)?.slice(0, 80));
  for (const metadata of [null, "text", { annotations: "text" }])
    assert.is(textOf({ ...request, object: { ...web, metadata } }), undefined);
  const told: readonly Partial<AdmissionRequest>[] = [
    { operation: "DELETE" },
    { roles: [] },
    { clusterRoles: [] },
    { namespaceLabels: {} },
    { variables: {} },
    { ruleVariables: {} },
    { byPolicy: {} },
  ];
  for (const more of told) assert.is(textOf({ ...request, ...more }), undefined, JSON.stringify(more));
  const { object: _, ...without } = request;
  assert.is(textOf(without), undefined);
  assert.is(textOf(requestFor({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } })), undefined);
});

test("a policy that reads names, labels, annotations or users has them in its texts", () => {
  const matching = (more: string) =>
    keyOf((text) => text.replace(/kinds: \[ *Pod *\]/, (found) => `${found}, ${more}`));
  const byName = matching('names: ["web*"]');
  const byLabel = matching("selector: { matchLabels: { a: b } }");
  const byAnnotation = matching('annotations: { a: "b" }');
  for (const [key, more] of [
    [byName, { name: "web-2" }],
    [byLabel, { labels: { a: "b" } }],
    [byAnnotation, { annotations: { a: "b" } }],
  ] as const) {
    assert.type(key?.(request, "mutate"), "string");
    assert.is.not(key?.(withMetadata(more), "mutate"), key?.(request, "mutate"));
  }
  const byUser = keyOf((text) =>
    text
      .replace("spec:", "spec:\n  background: false")
      .replace(/kinds: \[ *Pod *\] \}/, (found) => `${found}, subjects: [{ kind: User, name: ann }]`),
  );
  const by = (username: string, groups: readonly string[] = []) =>
    byUser?.({ ...request, userInfo: { username, groups } }, "mutate");
  assert.type(by("ann"), "string");
  assert.is(new Set([by("ann"), by("bob"), by("ann", ["ops"])]).size, 3);
});

test("a policy with variables, a context, preconditions, or without the cache, is not plain", () => {
  const rule = (more: string) => (text: string) => text.replace(/^( *)match:/m, `$1${more}\n$1match:`);
  for (const more of [
    'context: [{ name: a, variable: { value: "b" } }]',
    'preconditions: { all: [{ key: "{{ request.name }}", operator: Equals, value: a }] }',
  ])
    assert.is(keyOf(rule(more)), undefined, more);
  const entry = (more: string) => (text: string) =>
    text.replace(/^( *)- imageReferences/m, `$1- ${more}\n$1  imageReferences`);
  assert.is(keyOf(entry("useCache: false")), undefined);
  assert.is(keyOf(entry('repository: "{{ request.namespace }}.example/sigs"')), undefined);
});

test.run();
