/** Reviews over HTTP, as an API server sends them: both passes of both failure policies. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { applyPatches } from "../../../core/kyverno/outcome/apply-patches.ts";
import type { Answer } from "../../../core/knowledge/answer.ts";
import type { Asker, Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { openGate, reviewId, reviewOf } from "../../support/admission.ts";
import type { Judged, WebhookOptions } from "../../../proxy/webhook/webhook.ts";
import { image, now, pod, policyText, without } from "../../support/fixture-policies.ts";

const test = suite("proxy/webhook/webhook");

const enforce = "validationFailureAction: Enforce";
const strict = policyText({ name: "check" });
const lenient = policyText({ name: "check", spec: `${enforce}\nfailurePolicy: Ignore` });
const answer = (code: "unreachable" | "access-denied") => without(() => true, code);

test("signed: admitted, with its digest, and the same again when the patched resource comes back", async () => {
  const gate = await openGate([strict]);
  const { allowed, warnings, stored } = await gate.admit("fail", pod(image("signed")));
  assert.ok(allowed);
  assert.equal(warnings, []);
  const [container] = (stored.spec as { readonly containers: readonly { readonly image: string }[] }).containers;
  assert.match(container?.image ?? "", /:signed@sha256:[0-9a-f]{64}$/);
  const { "kyverno.io/verify-images": noted } = (stored.metadata as { readonly annotations: Record<string, string> })
    .annotations;
  assert.equal(Object.values(JSON.parse(noted ?? "{}")), ["pass"]);
  const again = await gate.post("/mutate/fail", reviewOf(stored));
  assert.ok(again.allowed);
  assert.equal(
    again.patches.filter(({ path }) => path.startsWith("/spec")),
    [],
    "a digest is not pinned twice",
  );
  assert.equal(
    gate.events.map(({ path, allowed: is, codes }) => [path, is, codes.length]),
    [
      ["/mutate/fail", true, 0],
      ["/validate/fail", true, 0],
      ["/mutate/fail", true, 0],
    ],
  );
  await gate.close();
});

test("unsigned, or signed by someone else: the documented block, without the same in warnings", async () => {
  const gate = await openGate([strict]);
  for (const [tag, sentence] of [
    ["unsigned", "signature not found"],
    ["signed-by-someone-else", "invalid signature"],
  ] as const) {
    const { allowed, message, warnings, body } = await gate.admit("fail", pod(image(tag)));
    assert.not(allowed);
    assert.is(JSON.parse(body).response.uid, reviewId);
    assert.match(
      message,
      /^\n\nresource Pod\/shop\/web was blocked due to the following policies \n\ncheck:\n {2}verify: '/,
    );
    const words = message.replaceAll(/\s+/g, " ");
    assert.ok(words.includes(`image verification failed for ${image(tag)}: ${sentence};`), words);
    assert.equal(warnings, []);
  }
  await gate.close();
});

test("the validating pass alone refuses what no mutating pass saw", async () => {
  const gate = await openGate([strict]);
  const { allowed, message } = await gate.post("/validate/fail", reviewOf(pod(image("signed"))));
  assert.not(allowed);
  assert.match(message.replaceAll(/\s+/g, " "), new RegExp(`missing digest for ${image("signed")}`));
  await gate.close();
});

test("what a review says of itself makes no line of the log as long as a review", async () => {
  const gate = await openGate([strict]);
  const long = "a".repeat(500_000);
  const pods = pod(image("unsigned"));
  const { message } = await gate.post(
    "/mutate/fail",
    reviewOf(pods, { uid: long, name: long, userInfo: { username: long } }),
  );
  assert.match(message, /signature/);
  assert.ok(message.length < 5000);
  assert.ok(JSON.stringify(gate.events).length < 5000, String(JSON.stringify(gate.events).length));
  await gate.close();
});

test("policies are asked at the paths of their own failure policy only", async () => {
  const gate = await openGate([lenient]);
  assert.ok((await gate.post("/mutate/fail", reviewOf(pod(image("unsigned"))))).allowed);
  assert.not((await gate.post("/mutate/ignore", reviewOf(pod(image("unsigned"))))).allowed);
  await gate.close();
});

test("what each of the two failure policies verified is recorded, in either order and again", async () => {
  const gate = await openGate([
    policyText({ name: "strict" }),
    policyText({ name: "lenient", spec: `${enforce}\nfailurePolicy: Ignore`, fields: "mutateDigest: false" }),
  ]);
  for (const order of [
    ["fail", "ignore"],
    ["ignore", "fail", "ignore"],
  ]) {
    let object = pod(image("signed"));
    for (const strictness of order)
      object = applyPatches(object, (await gate.post(`/mutate/${strictness}`, reviewOf(object))).patches);
    const { annotations } = object.metadata as { readonly annotations: Record<string, string> };
    const { policies } = JSON.parse(annotations["kyverno.io/verify-images-scoped"] ?? "{}");
    assert.equal(Object.keys(policies), ["/lenient", "/strict"], order.join());
    assert.equal(Object.values(JSON.parse(annotations["kyverno.io/verify-images"] ?? "{}")), ["pass"]);
  }
  await gate.close();
});

test("Ignore overlooks a registry that cannot be reached, in both passes, with one warning", async () => {
  const knowledge = answer("unreachable");
  const gate = await openGate([strict, lenient], { knowledge });
  const { allowed, warnings, stored } = await gate.admit("ignore", pod(image("signed")));
  assert.ok(allowed);
  assert.is(warnings.length, 1, warnings.join("\n"));
  assert.match(warnings[0] ?? "", /\[unreachable\]/);
  assert.ok((warnings[0] ?? "").length <= 250);
  assert.equal((stored.spec as JsonObject).containers, pod(image("signed")).spec?.["containers" as never]);
  const denied = await gate.admit("fail", pod(image("signed")));
  assert.not(denied.allowed);
  assert.match(denied.message.replaceAll(/\s+/g, " "), /image verification could not decide for .*\[unreachable\]/);
  await gate.close();
  const refused = await openGate([lenient], { knowledge: answer("access-denied") });
  assert.not((await refused.admit("ignore", pod(image("signed")))).allowed, "somebody must repair the login");
  await refused.close();
});

test("Audit: admitted with a warning", async () => {
  const gate = await openGate([policyText({ spec: "validationFailureAction: Audit", fields: "mutateDigest: false" })]);
  const { allowed, warnings } = await gate.admit("fail", pod(image("unsigned")));
  assert.ok(allowed);
  assert.match(warnings.join("\n"), /signature not found/);
  await gate.close();
});

test("an update that leaves every image is not decided; one that changes one is", async () => {
  const gate = await openGate([strict]);
  const before = pod(image("unsigned"));
  const labelled = { ...before, metadata: { ...(before.metadata as JsonObject), labels: { a: "b" } } };
  const update = (object: JsonObject, oldObject: JsonObject) =>
    gate.post("/mutate/fail", reviewOf(object, { operation: "UPDATE", oldObject }));
  assert.ok((await update(labelled, before)).allowed);
  assert.is(gate.events.at(-1)?.unchanged, true);
  assert.not((await update(before, pod(image("signed")))).allowed);
  await gate.close();
});

test("ephemeral containers are verified, and DELETE is admitted", async () => {
  const gate = await openGate([strict]);
  const before = pod(image("signed"));
  const debugged = {
    ...before,
    spec: { ...(before.spec as JsonObject), ephemeralContainers: [{ name: "debug", image: image("unsigned") }] },
  };
  const request = { operation: "UPDATE", oldObject: before, subResource: "ephemeralcontainers" };
  const { allowed, message } = await gate.post("/mutate/fail", reviewOf(debugged, request));
  assert.not(allowed);
  assert.match(message, /unsigned/);
  const gone = { operation: "DELETE", object: null, oldObject: before };
  assert.ok((await gate.post("/mutate/fail", reviewOf(before, gone))).allowed);
  await gate.close();
});

test("what is no review: a bad request, or refused by its id", async () => {
  const gate = await openGate([strict]);
  const review = reviewOf(pod(image("signed")));
  const { request } = review as { readonly request: JsonObject };
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    '{"kind":"AdmissionReview"}',
    JSON.stringify({ ...review, apiVersion: "admission.k8s.io/v1beta1" }),
  ]) {
    const { status, body } = await gate.post("/mutate/fail", text);
    assert.is(status, 400, text);
    assert.match(body, /\[malformed\]/);
  }
  const wrongs: readonly JsonObject[] = [
    { operation: "PATCH" },
    { kind: "Pod" },
    { userInfo: { groups: "all" } },
    { object: null },
    { object: [] },
    { operation: "UPDATE", object: "x", oldObject: pod(image("signed")) },
  ];
  for (const wrong of wrongs) {
    const { status, allowed, message } = await gate.post("/mutate/fail", {
      ...review,
      request: { ...request, ...wrong },
    });
    assert.is(status, 200, JSON.stringify(wrong));
    assert.not(allowed);
    assert.match(message, /^\[malformed\]/);
  }
  const deep = `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`;
  const nested = await gate.post("/mutate/fail", JSON.stringify(review).replace('"dryRun":false', `"x":${deep}`));
  assert.equal([nested.status, nested.allowed, nested.code], [200, false, 400]);
  assert.match(nested.message, /^\[over-limit\]/);
  // Each has its line in the log, by its id.
  assert.equal(
    gate.events.map(({ allowed, codes, uid }) => [allowed, codes, uid === request.uid]),
    [...wrongs.map(() => [false, ["malformed"], true]), [false, ["over-limit"], true]],
  );
  assert.is((await gate.post("/mutate/both", review)).status, 404);
  assert.is((await gate.post("/mutate/fail/more", review)).status, 404);
  assert.equal(gate.bugs, []);
  await gate.close();
});

const never = new Promise<undefined>(() => undefined);
const slow = (): Asker => ({ ask: () => never });

test("who waits for others too long is told so before the API server gives up, and may come again", async () => {
  const gate = await openGate([strict], { knowledge: without(() => true), asker: slow });
  const { allowed, code, message } = await gate.post("/mutate/fail?timeout=1s", reviewOf(pod(image("signed"))));
  assert.not(allowed);
  assert.is(code, 429);
  assert.match(message, /^\[overloaded\]/);
  assert.equal(gate.events.at(-1)?.codes, ["overloaded"]);
  await gate.close();
});

test("more than may wait at once are shed; what needs nobody is decided all the same", async () => {
  const gate = await openGate([strict], { knowledge: without(() => true), asker: slow, concurrency: 1 });
  const first = gate.post("/mutate/fail?timeout=2s", reviewOf(pod(image("signed"))));
  await gate.post("/mutate/fail?timeout=1s", reviewOf(pod("quay.io/other:1")));
  const { code, body } = await gate.post("/mutate/fail?timeout=30s", reviewOf(pod(image("signed"))));
  assert.is(code, 429);
  assert.is(JSON.parse(body).response.status.details.retryAfterSeconds, 1);
  const free = await gate.post("/mutate/fail", reviewOf(pod("quay.io/other:1")));
  assert.ok(free.allowed, "no policy selects it");
  assert.is((await first).code, 429);
  await gate.close();
});

test("one namespace takes half of the places at most, so that others find one", async () => {
  const gate = await openGate([strict], { knowledge: without(() => true), asker: slow, concurrency: 8 });
  const askIn = (namespace: string, count: number) =>
    Array.from({ length: count }, () =>
      gate.post("/mutate/fail?timeout=2s", reviewOf(pod(image("signed")), { namespace })),
    );
  const isShed = ({ message }: { readonly message: string }): boolean => /too many requests/.test(message);
  const crowd = await Promise.all([...askIn("crowd", 30), ...askIn("other", 2), ...askIn("third", 1)]);
  const shed = [crowd.slice(0, 30), crowd.slice(30, 32), crowd.slice(32)].map((some) => some.filter(isShed).length);
  assert.equal(shed, [26, 0, 0]);
  assert.ok(
    crowd
      .slice(0, 30)
      .filter(isShed)
      .every(({ message }) => /of this namespace/.test(message)),
  );
  const [again] = await Promise.all(askIn("crowd", 1));
  assert.not(again !== undefined && isShed(again), "places are left again");
  await gate.close();
});

test("what is asked for in time is decided with the answers", async () => {
  const known = without(() => false);
  const asker = (): Asker => ({
    ask: async (question) => known.answer(question) as Answer as never,
  });
  const gate = await openGate([strict], { knowledge: without(() => true), asker });
  const { allowed, patches } = await gate.post("/mutate/fail?timeout=10s", reviewOf(pod(image("signed"))));
  assert.ok(allowed);
  assert.ok(patches.length > 0);
  assert.is(now.getUTCFullYear(), 2026);
  await gate.close();
});

test("online, what is known and young is decided without a round of asking", async () => {
  let asked = 0;
  const asker = (): Asker => ({
    ask: async () => {
      asked += 1;
      return undefined;
    },
  });
  let made = 0;
  const known = without(() => false);
  const knowledge = { ...known, answer: known.answer.bind(known), state: () => ({ version: String(++made) }) };
  const gate = await openGate([strict], { knowledge, asker, refreshMs: 1000 * 365 * 86_400_000 });
  assert.ok((await gate.post("/mutate/fail", reviewOf(pod(image("signed"))))).allowed);
  assert.is(asked, 0);
  assert.is(made, 1, "one decision, like none that is remembered: the version of its moment is read");
  await gate.close();
});

test("what is never asked for again sends no review to the slow path, however old it is", async () => {
  const known = without(() => false);
  const mirrored = { at: new Date("2026-01-01T00:00:00Z"), by: "sync" } as const;
  const knowledge = { ...known, answer: known.answer.bind(known), state: () => ({ version: "1", mirrored }) };
  const askedBy = async (more: Partial<WebhookOptions>): Promise<readonly [number, boolean]> => {
    const asked = new Set<string>();
    const asker = (): Asker => ({
      ask: async ({ kind }) => {
        asked.add(kind);
        return undefined;
      },
    });
    let copies = 0;
    const judged = ({ decision }: Judged): void => {
      if (decision.freshness.mirror !== undefined) copies += 1;
    };
    const gate = await openGate([strict], { knowledge, asker, refreshMs: 1, judged, ...more });
    assert.ok((await gate.post("/mutate/fail", reviewOf(pod(image("signed"))))).allowed);
    await gate.close();
    return [asked.size, copies > 0];
  };
  const [asked, counts] = await askedBy({});
  assert.ok(asked > 0 && counts, "nobody answered, so that the age of the mirror counts");
  assert.equal(await askedBy({ given: knowledge }), [0, false]);
  assert.equal(await askedBy({ refreshOf: () => Number.POSITIVE_INFINITY }), [0, true]);
});

test("plain policies read a short review; where whole objects are kept, or recorded, all of it is read", async () => {
  const object = pod(image("signed"));
  const placed = { ...object, spec: { ...(object.spec as JsonObject), nodeName: "node-1" } };
  for (const [more, isWhole] of [
    [{}, false],
    [{ keepsObjects: true }, true],
    [{ record: () => () => "d-1" }, true],
  ] as const) {
    const names: unknown[] = [];
    const judged = ({ request: { object: read } }: Judged): void =>
      void names.push((read as { readonly spec: JsonObject }).spec.nodeName);
    const gate = await openGate([strict], { judged, ...more });
    assert.ok((await gate.post("/mutate/fail", reviewOf(placed))).allowed);
    assert.equal(names, [isWhole ? "node-1" : undefined]);
    await gate.close();
  }
});

test("what could not be known a moment ago is asked for, though that answer is young", async () => {
  const asker = (): Asker => ({ ask: (question) => Promise.resolve(again.answer(question)) as never });
  const gate = await openGate([strict], { knowledge: answer("unreachable"), asker });
  const { allowed, patches } = await gate.post("/mutate/fail?timeout=10s", reviewOf(pod(image("signed"))));
  assert.ok(allowed);
  assert.ok(patches.length > 0);
  await gate.close();
});

test("a fault of the program blocks, and is told", async () => {
  const broken = without(() => true);
  const gate = await openGate([strict], {
    knowledge: {
      ...broken,
      answer: () => {
        throw new TypeError("a bug");
      },
    },
  });
  const { allowed, code } = await gate.post("/mutate/fail", reviewOf(pod(image("signed"))));
  assert.not(allowed);
  assert.is(code, 500);
  assert.is(gate.bugs.length, 1);
  await gate.close();
});

const again = without(() => false);
const answering = () => ({ ask: (question: Question) => Promise.resolve(again.answer(question)) }) as Asker;

for (const [name, more] of [
  ["without registries", {}],
  ["whose answers are young", { asker: answering, refreshMs: 1000 * 365 * 86_400_000 }],
  ["whose answers are asked for again", { asker: answering, refreshMs: 1 }],
] as const)
  test(`a decision and its record are of one moment of a source ${name}`, async () => {
    let [held, moment] = [0, 0];
    const readAt: number[] = [];
    const knowledge: Knowledge = {
      answer(question) {
        readAt.push(held === 0 ? -1 : moment);
        return again.answer(question);
      },
      hold() {
        if (held++ === 0) moment += 1;
        return () => {
          held -= 1;
        };
      },
    };
    const recorded: (readonly [number, number, number | undefined])[] = [];
    const record: WebhookOptions["record"] = () => {
      recorded.push([held, moment, readAt.at(-1)]);
      return (id) => id ?? "d-1";
    };
    const gate = await openGate([strict], { knowledge, record, ...more });
    const { allowed } = await gate.post("/mutate/fail", reviewOf(pod(image("signed"))));
    assert.ok(allowed);
    await gate.close();
    assert.equal(gate.bugs, []);
    const [last] = recorded.slice(-1);
    assert.ok(last !== undefined && last[0] > 0, "not held");
    assert.is(last?.[1], last?.[2], "decided at another moment");
    assert.is(held, 0);
  });

test.run();
