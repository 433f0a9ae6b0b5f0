/** Attacks on the admission webhook by who may make resources in a namespace. */
import * as assert from "uvu/assert";
import type { JsonObject } from "../../core/encoding/json.ts";
import { limitsWith } from "../../core/limits.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import { storeIn } from "../../proxy/registry/asked-store.ts";
import { scopedAnnotation } from "../../core/kyverno/outcome/digest-patch.ts";
import { resourceName } from "../../core/admission/denial.ts";
import { webhookRules } from "../../proxy/webhook/webhook-rules.ts";
import { openGate, reviewId, reviewOf } from "../support/admission.ts";
import { image, load, pod, policyText } from "../support/fixture-policies.ts";
import { origin, temporaryFolder } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("webhook");
const strict = policyText({ name: "check" });
const lenient = policyText({ name: "check", spec: "validationFailureAction: Enforce\nfailurePolicy: Ignore" });

const nested = (depth: number): JsonObject => {
  let fields: JsonObject = {};
  for (let at = 0; at < depth; at++) fields = { [`f:a${at}`]: fields };
  return fields;
};
const withMetadata = (made: JsonObject, more: JsonObject): JsonObject => ({
  ...made,
  metadata: { ...(made.metadata as JsonObject), ...more },
});

attack(251, "fields of managers that are nested beyond any bound, of an unsigned Pod under Ignore", async () => {
  const gate = await openGate([lenient]);
  for (const depth of [10, 120, 1000])
    for (const pass of ["mutate", "validate"]) {
      const made = withMetadata(pod(image("unsigned")), { managedFields: [{ fieldsV1: nested(depth) }] });
      const { status, allowed, body } = await gate.post(`/${pass}/ignore`, reviewOf(made));
      assert.equal([status, allowed], [200, false], `${pass} ${depth}`);
      assert.is(JSON.parse(body).response.uid, reviewId);
    }
  assert.equal(gate.bugs, []);
  await gate.close();
});

attack(251, "names, namespaces and users that are no texts", async () => {
  const gate = await openGate([lenient]);
  for (const wrong of [
    { namespace: 1 },
    { name: [] },
    { userInfo: { username: {} } },
    { subResource: true },
    { kind: {} },
  ]) {
    const { status, allowed } = await gate.post("/mutate/ignore", reviewOf(pod(image("unsigned")), wrong as never));
    assert.equal([status, allowed], [200, false], JSON.stringify(wrong));
  }
  await gate.close();
});

attack(251, "an unsigned Pod with megabytes that are written sixfold", async () => {
  const gate = await openGate([lenient]);
  const made = withMetadata(pod(image("unsigned")), { annotations: { a: "<".repeat(1_400_000) } });
  const text = JSON.stringify(reviewOf(made)).replaceAll("<", "\\u003c");
  assert.ok(text.length > 8 * 1024 * 1024);
  const { status, allowed } = await gate.post("/mutate/ignore", text);
  assert.equal([status, allowed], [200, false]);
  await gate.close();
});

attack(303, "records of the other failure policy's webhook without end, beside an image that is signed", async () => {
  const gate = await openGate([strict, lenient.replaceAll("check", "other")]);
  const parts = [`${image("signed").split(":")[0]?.slice(0, -1)}:1`, "", "@"];
  for (let at = 0; at < 40_000; at++) parts.push(`q${at}q`);
  const records = { "/other": { check: Object.fromEntries(parts.map((name) => [name, "pass"])) } };
  const annotations = { [scopedAnnotation]: JSON.stringify({ version: 1, policies: records }) };
  const [container] = (pod(image("signed")).spec as { readonly containers: readonly JsonObject[] }).containers;
  const env = [{ name: "long", value: "q".repeat(1_000_000) }];
  const made = { ...withMetadata(pod(), { annotations }), spec: { containers: [{ ...container, env }] } };
  const { allowed, patches } = await gate.post("/mutate/fail", reviewOf(made));
  assert.ok(allowed);
  const written = String(patches.find(({ path }) => path.endsWith("verify-images-scoped"))?.value);
  assert.equal(Object.keys(JSON.parse(written).policies), ["/check"]);
  assert.equal(gate.bugs, []);
  await gate.close();
});

attack(252, "an annotation that an extractor reads, changed by an update that leaves all containers", async () => {
  const own = policyText({
    name: "own",
    rule: "imageExtractors:\n  Pod: [{ path: /metadata/annotations/sidecar }]",
    fields: "mutateDigest: false\nverifyDigest: false",
  });
  const gate = await openGate([own]);
  const noted = (tag: string): JsonObject =>
    withMetadata(pod(image("signed")), { annotations: { sidecar: image(tag) } });
  for (const [tag, wanted] of [
    ["signed", true],
    ["unsigned", false],
  ] as const)
    for (const request of [{}, { operation: "UPDATE", oldObject: noted("signed") }])
      assert.is(
        (await gate.post("/mutate/fail", reviewOf(noted(tag), request))).allowed,
        wanted,
        JSON.stringify(request),
      );
  await gate.close();
});

attack(253, "a name of a megabyte, that ends a line and clears a screen", async () => {
  const gate = await openGate([strict]);
  for (const name of ["x".repeat(1_000_000), `a\n\u001b[2J\u202e${"b".repeat(9000)}`]) {
    const made = withMetadata(pod(image("unsigned")), { name });
    const { allowed, message } = await gate.post("/mutate/fail", reviewOf(made));
    assert.not(allowed);
    const resource = gate.events.at(-1)?.resource ?? "";
    assert.ok(resource.length < 500);
    assert.match(resource, /^[ -~]+…$/);
    assert.ok(message.includes(`\nresource ${resource} was blocked`));
  }
  const kind = { group: "", version: "v1", kind: "Pod" };
  assert.is(resourceName({ kind, name: "web", namespace: "shop" } as never), "Pod/shop/web");
  await gate.close();
});

attack(99, "a debugging container, where a policy names Pods by a wildcard", async () => {
  const policy = policyText({ match: 'any: [{ resources: { kinds: ["Po?"] } }]' });
  const { rules } = webhookRules(load(policy).policies);
  assert.ok(rules.some(({ resources }) => resources.includes("pods/ephemeralcontainers")));
  const gate = await openGate([policy]);
  const before = pod(image("signed"));
  for (const [tag, wanted] of [
    ["signed", true],
    ["unsigned", false],
  ] as const) {
    const ephemeralContainers = [{ name: "debug", image: image(tag) }];
    const after = { ...before, spec: { ...(before.spec as JsonObject), ephemeralContainers } };
    const request = { operation: "UPDATE", oldObject: before, subResource: "ephemeralcontainers" };
    assert.is((await gate.post("/mutate/fail", reviewOf(after, request))).allowed, wanted);
  }
  await gate.close();
});

attack(254, "tags, digests and repositories are made up and asked for without end", () => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: limitsWith() });
  try {
    const put = storeIn(mirror, limitsWith({ askedAbsences: 20 }));
    for (let count = 0; count < 60; count++) {
      const repository = `a.example/${count}`;
      const digest = `sha256:${String(count).padStart(64, "0")}` as const;
      put?.({ kind: "tag", repository, tag: "1" }, { state: "absent", ...origin });
      put?.({ kind: "referrers", repository, digest }, { state: "present", value: [], ...origin });
      put?.({ kind: "blob", repository, digest }, { state: "unavailable", code: "unreachable", why: "", ...origin });
    }
    const { answers } = mirror.status();
    const kept = Object.values(answers).reduce((sum, { present, absent }) => sum + present + absent, 0);
    assert.ok(kept + mirror.attempts().length <= 20, String(kept));
  } finally {
    mirror.close();
  }
});

run();
