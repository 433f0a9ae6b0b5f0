/** The webhook of a host that knows only Fetch, with an embedded capsule. */
import { createPublicKey } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import { loadPolicies } from "../../../core/kyverno/policy/read-policy.ts";
import { createHandler, type EdgeEvent, type HandlerOptions } from "../../../proxy/edge/handler.ts";
import { fastVerifier, Lab, policyFor, sign } from "../../lab/index.ts";
import { reviewId, reviewOf } from "../../support/admission.ts";
import { ourKey } from "../../support/archive-store.ts";
import { engineFor, imageOf, makeCapsule, podWith } from "../../support/capsules.ts";

const test = suite("proxy/edge/handler");
const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const { bytes } = makeCapsule([signed]);
const keys = [String(createPublicKey(ourKey.pem).export({ type: "spki", format: "pem" }))];
const podOf = (image: string): JsonObject => podWith(image).object ?? {};

const handlerOf = (changes: Partial<HandlerOptions> = {}) =>
  createHandler({ capsule: bytes, keys, crypto: fastVerifier, now: () => lab.now, ...changes });

const post = (body: string, path = "/mutate/fail"): Request =>
  new Request(`https://edge.example${path}?timeout=10s`, { method: "POST", body });

interface Answer {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patch?: string;
  readonly status?: { readonly code?: number; readonly message: string };
}
async function ask(handler: ReturnType<typeof createHandler>, review: unknown, path?: string): Promise<Answer> {
  const response = await handler(post(JSON.stringify(review), path));
  assert.is(response.status, 200);
  return ((await response.json()) as { readonly response: Answer }).response;
}

test("a signed image is admitted with its digest, another is denied with the reason", async () => {
  const events: EdgeEvent[] = [];
  const handler = handlerOf({ log: (event) => events.push(event) });
  const admitted = await ask(handler, reviewOf(podOf(imageOf(signed))));
  assert.is(admitted.uid, reviewId);
  assert.is(admitted.allowed, true);
  assert.match(Buffer.from(admitted.patch ?? "", "base64").toString(), signed.digest);
  const denied = await ask(handler, reviewOf(podOf("ghcr.io/lab/other:1")));
  assert.is(denied.allowed, false);
  assert.match(denied.status?.message ?? "", /was blocked due to the following policies/);
  assert.equal(
    events.map((event) => (event.kind === "review" ? [event.allowed, ...event.codes] : [])),
    [[true], [false, "not-in-mirror"]],
  );
});

test("policies of the other failure policy are not asked", async () => {
  assert.is((await ask(handlerOf(), reviewOf(podOf("ghcr.io/lab/other:1")), "/mutate/ignore")).allowed, true);
});

test("what policies of both failure policies verified is recorded side by side", async () => {
  const strict = policyFor(signed);
  const spec = { ...(strict.spec as JsonObject), failurePolicy: "Ignore" };
  const lenient = { ...strict, metadata: { name: "lenient" }, spec };
  const { policies } = loadPolicies(
    [strict, lenient].map((one, index) => ({ name: `${index}.yaml`, text: JSON.stringify(one) })),
  );
  const engine = { ...engineFor(signed), policies };
  const state = signed.knowledge.state?.() ?? {};
  const { bytes: capsule } = makeCapsule([signed], { document: { engine, state, images: [imageOf(signed)] } });
  const handler = handlerOf({ capsule });
  let object = podOf(imageOf(signed));
  for (const path of ["/mutate/fail", "/mutate/ignore"]) {
    const { patch = "" } = await ask(handler, reviewOf(object), path);
    object = applyPatches(object, JSON.parse(Buffer.from(patch, "base64").toString()));
  }
  const { annotations } = object.metadata as { readonly annotations: Record<string, string> };
  const recorded = JSON.parse(annotations["kyverno.io/verify-images-scoped"] ?? "{}");
  assert.equal(Object.keys(recorded.policies).sort(), policies.map(({ name }) => `/${name}`).sort());
});

test("an update that leaves every image is admitted, as by the server", async () => {
  const object = podOf("ghcr.io/lab/other:1");
  const review = reviewOf(object, { operation: "UPDATE", oldObject: object });
  assert.is((await ask(handlerOf(), review)).allowed, true);
});

test("paths, methods and bodies that are no review", async () => {
  const handler = handlerOf({ limits: { reviewBytes: 4096 } });
  const status = async (request: Request): Promise<number> => (await handler(request)).status;
  assert.is(await status(post("{}", "/")), 404);
  assert.is(await status(new Request("https://edge.example/mutate/fail")), 405);
  assert.is(await status(post("{")), 400);
  assert.is(await status(post(" ".repeat(4097))), 413);
  const streamed = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1024)),
  });
  const endless = new Request("https://edge.example/mutate/fail", {
    method: "POST",
    body: streamed,
    duplex: "half",
  } as RequestInit);
  assert.is(await status(endless), 413);
});

test("a review that cannot be read is answered under its id", async () => {
  const answer = await ask(handlerOf(), reviewOf(podOf("a:1"), { operation: "EAT" }));
  assert.is(answer.uid, reviewId);
  assert.is(answer.allowed, false);
  assert.match(answer.status?.message ?? "", /\[malformed\] \/request\/operation/);
});

test("without a capsule nothing is admitted, whatever the failure policy", async () => {
  const handler = handlerOf({ keys: [], capsule: bytes });
  for (const path of ["/mutate/fail", "/mutate/ignore", "/validate/ignore"]) {
    const answer = await ask(handler, reviewOf(podOf(imageOf(signed))), path);
    assert.is(answer.allowed, false, path);
    assert.is(answer.status?.code, 503);
    assert.match(answer.status?.message ?? "", /\[archive-signature\]/);
  }
  assert.is((await handler(new Request("https://edge.example/readyz"))).status, 503);
});

test("readiness names the capsule", async () => {
  const response = await handlerOf()(new Request("https://edge.example/readyz"));
  assert.is(response.status, 200);
  assert.equal(await response.json(), { sequence: 1, created: "2026-11-30T05:00:00Z" });
});

test("a key that cannot be read is said at once", () => {
  assert.throws(() => handlerOf({ keys: ["no key"] }), /PEM/);
});

test("seconds that are no number are said at once: with them a capsule would never be asked for again", () => {
  for (const seconds of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    assert.throws(() => handlerOf({ refreshSeconds: seconds }), /refreshSeconds|number of seconds/);
    assert.throws(() => handlerOf({ timeoutSeconds: seconds }), /timeoutSeconds|number of seconds/);
  }
  // A timer does not wait so long.
  for (const seconds of [86_401, 3_000_000, 1e300])
    assert.throws(() => handlerOf({ timeoutSeconds: seconds }), /timeoutSeconds|number of seconds/);
});

test.run();
