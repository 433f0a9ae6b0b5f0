/** Updates that leave every image. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AdmissionRequest, JsonObject } from "../../../core/index.ts";
import { leavesImages, ownPlaces } from "../../../core/admission/unchanged.ts";
import { load, policyText } from "../../support/fixture-policies.ts";

const test = suite("core/admission/unchanged");

const spec = (image: string, more: JsonObject = {}): JsonObject => ({ containers: [{ name: "c", image }], ...more });
const update = (
  [group, version, kind]: readonly [string, string, string],
  object: JsonObject,
  oldObject: JsonObject,
  more: Partial<AdmissionRequest> = {},
): boolean => leavesImages({ operation: "UPDATE", kind: { group, version, kind }, object, oldObject, ...more });
const pod = ["", "v1", "Pod"] as const;
const deployment = ["apps", "v1", "Deployment"] as const;
const cronJob = ["batch", "v1", "CronJob"] as const;
const inTemplate = (one: JsonObject): JsonObject => ({ spec: { template: { spec: one } } });
const inCronJob = (one: JsonObject): JsonObject => ({ spec: { jobTemplate: inTemplate(one) } });

test("labels, status and replicas may change", () => {
  assert.ok(update(pod, { metadata: { labels: { a: "b" } }, spec: spec("a:1") }, { metadata: {}, spec: spec("a:1") }));
  assert.ok(update(pod, { spec: spec("a:1"), status: { phase: "Running" } }, { spec: spec("a:1") }));
  const scaled = { spec: { replicas: 3, template: { spec: spec("a:1") } } };
  assert.ok(update(deployment, scaled, inTemplate(spec("a:1"))));
  assert.ok(update(cronJob, inCronJob(spec("a:1")), inCronJob(spec("a:1"))));
});

test("any image that is new, gone, moved or renamed counts", () => {
  const before = spec("a:1");
  for (const after of [
    spec("a:2"),
    spec("a:1", { initContainers: [{ name: "i", image: "b:1" }] }),
    spec("a:1", { ephemeralContainers: [{ name: "e", image: "a:1" }] }),
    spec("a:1", { volumes: [{ name: "v", image: { reference: "b:1" } }] }),
    { containers: [{ name: "d", image: "a:1" }] },
    { containers: [...(before.containers as readonly JsonObject[]), { name: "d", image: "a:1" }] },
    { containers: [] },
    {},
  ]) {
    assert.not(update(pod, { spec: after }, { spec: before }), JSON.stringify(after));
    assert.not(update(pod, { spec: before }, { spec: after }), JSON.stringify(after));
    assert.not(update(deployment, inTemplate(after), inTemplate(before)), JSON.stringify(after));
    assert.not(update(cronJob, inCronJob(after), inCronJob(before)), JSON.stringify(after));
  }
});

test("of kinds that nobody knows all but the metadata must be the same, status too", () => {
  const task = ["tekton.dev", "v1", "TaskRun"] as const;
  const run: JsonObject = { metadata: { name: "r" }, spec: { a: [1, { b: null }] }, status: { steps: ["x"] } };
  assert.ok(update(task, { ...run, metadata: { name: "r", labels: {} } }, run));
  assert.not(update(task, { ...run, status: { steps: ["y"] } }, run));
  assert.not(update(task, { ...run, spec: { a: [1, { b: null }, 2] } }, run));
  assert.not(update(["example.org", "v1", "Deployment"], { spec: { image: "a" } }, { spec: { image: "b" } }));
});

test("only an update with both objects: no creation, no deletion, nothing without a specification", () => {
  const same = { spec: spec("a:1") };
  assert.not(update(pod, same, same, { operation: "CREATE" }));
  assert.not(leavesImages({ operation: "UPDATE", kind: { group: "", version: "v1", kind: "Pod" }, object: same }));
  assert.not(update(pod, { metadata: {} }, { metadata: {} }));
  assert.not(update(["", "v1", "constructor"], { spec: { image: "a" } }, { spec: { image: "b" } }));
});

test("where a policy says itself where images are, nothing else is looked at", () => {
  const own = (kind: string, path: string) =>
    ownPlaces(
      load(
        policyText({
          match: `any: [{ resources: { kinds: [${kind}] } }]`,
          rule: `imageExtractors:\n  ${kind}: [{ path: ${path} }]`,
          fields: "mutateDigest: false\nverifyDigest: false",
        }),
      ).policies,
    );
  const leaves = (places: ReturnType<typeof own>, object: JsonObject, oldObject: JsonObject): boolean =>
    leavesImages({ operation: "UPDATE", kind: { group: "", version: "v1", kind: "Pod" }, object, oldObject }, places);
  const before = { metadata: { annotations: { image: "a:1" } }, spec: spec("a:1", { nodeName: "a:1" }) };
  const moved = { ...before, spec: spec("a:1", { nodeName: "b:1" }) };
  const noted = { ...before, metadata: { annotations: { image: "b:1" } } };
  for (const [places, ofMoved, ofNoted] of [
    [own("Task", "/spec/x"), true, true],
    [own("Pod", "/spec/nodeName"), false, true],
    [own("Pod", "/metadata/annotations/*"), false, false],
    [own("Pod", "metadata/annotations/image"), false, false],
    [own("Pod", "/*/annotations/image"), false, false],
  ] as const) {
    assert.is(leaves(places, moved, before), ofMoved);
    assert.is(leaves(places, noted, before), ofNoted);
  }
});

test.run();
