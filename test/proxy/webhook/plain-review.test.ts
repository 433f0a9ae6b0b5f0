/** What is left of a review for plain policies: they decide by it as by the whole. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { denialEvents } from "../../../core/admission/events.ts";
import { keptContent, writeKeptRequest } from "../../../core/admission/kept-request.ts";
import { readReview } from "../../../core/admission/review.ts";
import { leavesImages } from "../../../core/admission/unchanged.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { extractImages } from "../../../core/kyverno/image/extract.ts";
import type { AdmissionRequest } from "../../../core/kyverno/rule/request.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";
import { type FindPlainReview, openPlainReviews, openReviewShortening } from "../../../proxy/webhook/plain-review.ts";
import type { Shorten } from "../../../proxy/webhook/shortening.ts";
import { reviewOf } from "../../support/admission.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { engineOf, image, now, policyText } from "../../support/fixture-policies.ts";

const test = suite("proxy/webhook/plain-review");

const findPlainReview = openPlainReviews(wasmHost()) as FindPlainReview;
const shortReview = openReviewShortening(wasmHost()) as Shorten;

const bytesOf = (value: JsonValue | string): Buffer =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const shortOf = (value: JsonValue | string, depth = defaultLimits.jsonDepth): JsonValue | undefined => {
  const text = shortReview(bytesOf(value), depth);
  return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
};

const unread = {
  env: [
    { name: "A", value: '}]{["\\' },
    { name: "containers", value: ',"image":"evil"' },
  ],
  resources: { limits: { cpu: "1", memory: 1.5e3 }, none: {}, list: [] },
  securityContext: { privileged: false, runAsUser: null },
};
const container = (name: string, reference: string) => ({ ...unread, name, image: reference, ...unread });
const podSpec = {
  nodeSelector: { image: "x" },
  containers: [container("app", image("signed")), container("größe", image("unsigned"))],
  initContainers: [container("init", image("signed"))],
  ephemeralContainers: [container("debug", image("unsigned"))],
  volumes: [
    { name: "v", emptyDir: {} },
    { image: { reference: image("signed"), pullPolicy: "Always" }, name: "models" },
  ],
  imagePullSecrets: [{ name: "pull" }],
  serviceAccountName: "web",
  tolerations: [{ key: "k", operator: "Exists" }],
};
const metadata = {
  creationTimestamp: null,
  name: "web-1",
  generateName: "web-",
  namespace: "shop",
  uid: "u-1",
  labels: { app: "web" },
  annotations: { "kyverno.io/verify-images": "{}", note: "é" },
  ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "u-0", controller: true }],
  managedFields: [{ manager: 'a]},"spec":{"', fieldsV1: { "f:metadata": { 'k:{"name":"app"}': {} } } }],
};
const template = { metadata: { labels: { app: "web" }, annotations: { a: "b" } }, spec: podSpec };
const job = { backoffLimit: 3, template };

/** Of every kind that is a Pod or makes Pods. */
const objects: readonly JsonObject[] = [
  { apiVersion: "v1", kind: "Pod", metadata, spec: podSpec, status: { phase: "Pending" } },
  { apiVersion: "v1", kind: "ReplicationController", metadata, spec: { replicas: 1, template } },
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"].map((kind) => ({
    apiVersion: "apps/v1",
    kind,
    spec: { template, selector: { matchLabels: { app: "web" } } },
    metadata,
  })),
  { apiVersion: "batch/v1", kind: "Job", metadata, spec: job },
  { apiVersion: "batch/v1", kind: "CronJob", metadata, spec: { schedule: "* * * * *", jobTemplate: { spec: job } } },
];

test("plain policies decide, remember and tell by it as by the whole", () => {
  const selector = "selector: { matchLabels: { app: web } }, annotations: { note: é }";
  const engine = engineOf(
    policyText(),
    policyText({ name: "labelled", match: `any: [{ resources: { kinds: [Pod, Deployment], ${selector} } }]` }),
  );
  assert.ok(engine.isPlain);
  const changed = { ...podSpec, containers: podSpec.containers.slice(0, 1) };
  for (const object of objects)
    for (const oldObject of [null, object, { ...object, spec: { ...changed, template: { spec: changed } } }]) {
      const operation = oldObject === null ? "CREATE" : "UPDATE";
      const text = JSON.stringify(reviewOf(object, { operation, oldObject, options: { fieldManager: "kubectl" } }));
      const plain = findPlainReview(bytesOf(text), defaultLimits);
      const whole = readReview(text, defaultLimits);
      assert.is(plain?.uid, whole.uid);
      const short = plain?.request() as AdmissionRequest;
      const full = whole.request();
      assert.not.match(JSON.stringify(short), /env|securityContext|managedFields|tolerations|Pending/);
      for (const pass of ["mutate", "validate"] as const) {
        const [mine, theirs] = [short, full].map((one) => engine.decide(one, fixtureKnowledge, now, { pass }));
        assert.ok(mine !== undefined && theirs !== undefined && theirs.results.length > 0);
        assert.equal([mine.allowed, mine.results, mine.patches], [theirs.allowed, theirs.results, theirs.patches]);
        assert.equal(denialEvents(short, mine.results), denialEvents(full, theirs.results));
      }
      assert.is(writeKeptRequest(short, false), writeKeptRequest(full, false));
      assert.is(keptContent(short, false), keptContent(full, false));
      assert.is(leavesImages(short), leavesImages(full));
    }
});

test("what is beside a Pod, and no API server keeps, makes no difference", () => {
  const imagePullSecrets = [{ name: "own" }];
  const spec = { template, containers: [{ ...container("app", image("signed")), imagePullSecrets }], jobTemplate: job };
  const beside = { template, jobTemplate: { spec: job, template } };
  for (const object of objects) {
    const inPod = object.kind === "Pod" ? { spec } : {};
    const text = JSON.stringify(reviewOf({ ...object, ...beside, ...inPod }));
    const short = findPlainReview(bytesOf(text), defaultLimits)?.request() as AdmissionRequest;
    const full = readReview(text, defaultLimits).request();
    assert.is(writeKeptRequest(short, false), writeKeptRequest(full, false));
    assert.is(keptContent(short, false), keptContent(full, false));
    assert.not(Object.hasOwn(JSON.parse(writeKeptRequest(full, false)).object, "template"));
    const [found, wanted] = [short, full].map((one) =>
      extractImages(one.object as JsonObject, one.kind.kind, undefined, { limits: defaultLimits }),
    );
    assert.ok(wanted !== undefined && wanted.images.length > 0);
    assert.equal(found, wanted);
  }
});

test("what nobody knows the images of is read whole", () => {
  const spec = { template, containers: podSpec.containers };
  for (const object of [
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: {} },
    { apiVersion: "example.com/v1", kind: "Deployment", metadata, spec },
    { apiVersion: "v1", kind: "Pod", metadata },
  ])
    assert.is(findPlainReview(bytesOf(reviewOf(object as never)), defaultLimits), undefined);
  const deleted = reviewOf(objects[0] as never, { operation: "DELETE", object: null, oldObject: objects[0] as never });
  assert.is(findPlainReview(bytesOf(deleted), defaultLimits), undefined);
});

test("a Pod of another form is read whole: the walk over images finds some in it, too", () => {
  const engine = engineOf(policyText());
  assert.ok(engine.isPlain);
  const list = ["containers", "initContainers", "ephemeralContainers", "volumes"] as const;
  for (const key of list) {
    const one = key === "volumes" ? { name: "v", image: { reference: image("unsigned") } } : podSpec.containers[1];
    for (const value of [{ other: one }, { name: one }, [[one]], [one, [one]]]) {
      const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { ...podSpec, containers: [], [key]: value } };
      const text = JSON.stringify(reviewOf(pod as never));
      assert.is(findPlainReview(bytesOf(text), defaultLimits), undefined, text);
      const decision = engine.decide(readReview(text, defaultLimits).request(), fixtureKnowledge, now);
      assert.not(decision.allowed, JSON.stringify(value));
    }
  }
  for (const text of ['{"request":[{"uid":"a"}]}', '{"request":{"object":{"spec":[{"template":{}}]}}}'])
    assert.is(shortReview(bytesOf(text), 100), undefined, text);
});

const names = ["kind", "object", "request", "spec", "metadata", "containers", "image", "other", "template", "", "é"];
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(fc.string(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 6 }),
  ),
})).value as fc.Arbitrary<JsonValue>;

const containerNames = [{ name: true, image: true, imagePullSecrets: true }] as const;
const pods = {
  ...Object.fromEntries(
    ["containers", "initContainers", "ephemeralContainers", "volumes"].map((name) => [name, containerNames]),
  ),
  imagePullSecrets: true,
  serviceAccountName: true,
};
const all = (...list: readonly string[]) => Object.fromEntries(list.map((name) => [name, true]));
const templates = { imagePullSecrets: true, spec: pods };
const object = {
  ...all("apiVersion", "kind", "imagePullSecrets"),
  metadata: all("name", "generateName", "namespace", "uid", "labels", "annotations", "ownerReferences"),
  spec: {
    ...pods,
    template: templates,
    jobTemplate: { imagePullSecrets: true, spec: { imagePullSecrets: true, template: templates } },
  },
};
const request = {
  ...all("uid", "kind", "subResource", "name", "namespace", "operation", "userInfo", "dryRun"),
  object,
  oldObject: object,
};

/** It has another form than a Pod. */
class Misshapen extends Error {}

/** The same, after everything was parsed. */
function keepOf(value: JsonValue, kept: unknown): JsonValue {
  if (kept === true || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value) !== Array.isArray(kept)) throw new Misshapen();
  if (Array.isArray(value)) return value.map((one) => keepOf(one, (kept as readonly unknown[])[0]));
  const members = kept as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, one]) =>
      Object.hasOwn(members, name) ? [[name, keepOf(one as JsonValue, members[name])]] : [],
    ),
  );
}

function keptOrMisshapen(value: JsonValue): JsonValue | undefined {
  try {
    return keepOf(value, { kind: true, apiVersion: true, request });
  } catch (error) {
    if (error instanceof Misshapen) return undefined;
    throw error;
  }
}

test("any JSON, with and without space: what is kept of it, and nothing else", () => {
  const inAReview = fc.oneof(
    anyJson,
    anyJson.map((value) => ({ kind: "AdmissionReview", request: { uid: "u", object: value, dryRun: false } })),
    anyJson.map((spec) => ({ request: { object: { x: spec, spec, y: spec }, oldObject: { spec: [spec] } } })),
    anyJson.map((one) => ({
      request: { object: { spec: { volumes: one, containers: [one, { x: one, image: one }] } } },
    })),
  );
  fc.assert(
    fc.property(inAReview, fc.constantFrom("", " ", "\n\t"), (value, space) => {
      const text = `${space}${JSON.stringify(value, undefined, space)}${space}`;
      assert.equal(shortOf(text), keptOrMisshapen(JSON.parse(text)), text);
    }),
    { numRuns: 500 },
  );
});

test("every member that is read is kept", () => {
  const filled = (members: unknown): JsonValue =>
    members === true
      ? ["a", { b: [1, null] }]
      : Array.isArray(members)
        ? members.map(filled)
        : Object.fromEntries(Object.entries(members as object).map(([name, below]) => [name, filled(below)]));
  const review = filled({ kind: true, apiVersion: true, request });
  assert.equal(shortOf(review), review);
});

test("what is no review is left to who reads the whole", () => {
  for (const wrong of [{}, { request: {} }, { ...reviewOf(objects[0] as never), kind: "Other" }])
    assert.is(findPlainReview(bytesOf(wrong as never), defaultLimits), undefined);
});

test("a text that does not end, goes on, or spells a name with escapes is left to who parses the whole", () => {
  const text = JSON.stringify(reviewOf(objects[0] as never));
  assert.ok(shortOf(text) !== undefined);
  for (let length = 0; length < text.length; length++)
    assert.is(shortReview(bytesOf(text.slice(0, length)), 100), undefined, String(length));
  for (const more of ["x", "}", " {}", ","]) assert.is(shortReview(bytesOf(text + more), 100), undefined);
  for (const broken of [
    '{"kind" 1}',
    '{"kind":1,}',
    "{kind:1}",
    '{"kind":}',
    '{"request":{"object":[1 2]}}',
    '"\\"',
    "[,]",
  ])
    assert.is(shortReview(bytesOf(broken), 100), undefined, broken);
  assert.is(shortReview(bytesOf('{"request":{"obj\\u0065ct":{}}}'), 100), undefined);
  const twice = '{"request":{"uid":"a","x":1,"uid":"b"}}';
  assert.equal(shortOf(twice), { request: { uid: "b" } }, "the last one counts, as it does for a parser");
});

test("depth is bounded in what is left out too, and what is kept takes bounded room", () => {
  const nested = (levels: number): string => `{"x":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  assert.equal(shortOf(nested(9), 10), {});
  assert.is(shortOf(nested(10), 10), undefined);
  const large = (length: number): JsonObject => ({ kind: "x".repeat(length), left: "out" });
  assert.equal(shortOf(large(60_000)), { kind: "x".repeat(60_000) });
  assert.is(shortOf(large(70_000)), undefined);
  assert.equal(shortOf({ kind: "a", left: "x".repeat(200_000) }), { kind: "a" });
});

test.run();
