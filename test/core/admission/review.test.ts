/** Reviews read and answered. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits, limitsWith } from "../../../core/limits.ts";
import { readReview, renderAnswer } from "../../../core/admission/review.ts";
import { reviewId, reviewOf } from "../../support/admission.ts";
import { throwsCode } from "../../support/assert.ts";
import { pod } from "../../support/fixture-policies.ts";

const test = suite("core/admission/review");

const read = (value: unknown, limits = defaultLimits) =>
  readReview(typeof value === "string" ? value : JSON.stringify(value), limits);

test("a request, with what the API server leaves out left out", () => {
  const review = reviewOf(pod("a:1"), { namespace: "shop", subResource: "ephemeralcontainers", dryRun: true });
  const { uid, request: ask } = read(review);
  const request = ask();
  assert.is(uid, reviewId);
  assert.is(request.subResource, "ephemeralcontainers");
  assert.is(request.dryRun, true);
  assert.equal(request.kind, { group: "", version: "v1", kind: "Pod" });
  assert.equal(request.userInfo, { username: "alice", groups: ["system:authenticated"] });
  assert.not(Object.hasOwn(request, "oldObject"), "null is none");
});

test("a name that is still to be made: what it is made from", () => {
  const { metadata: _, ...rest } = pod("a:1");
  const { request: ask } = read(reviewOf({ ...rest, metadata: { generateName: "web-", namespace: "shop" } } as never));
  const request = ask();
  assert.is(request.name, "web-");
});

test("truncated at any length, or nested beyond the bound: a coded error", () => {
  const text = JSON.stringify(reviewOf(pod("a:1")));
  for (let length = 0; length < text.length; length += 7)
    assert.throws(
      () => read(text.slice(0, length)),
      (error: unknown) => error instanceof EngineError,
      String(length),
    );
  assert.throws(
    () => read(text, limitsWith({ jsonDepth: 3 })).request(),
    (error: EngineError) => error.code === "over-limit",
  );
});

const withRequest = (members: JsonObject): JsonObject => {
  const review = reviewOf(pod("a:1"));
  return { ...review, request: { ...(review.request as JsonObject), ...members } };
};

test("the depth of a review is counted from its outermost object, and not again where it is bounded already", () => {
  const review = reviewOf(pod("a:1"));
  const depthOf = (value: unknown): number =>
    typeof value !== "object" || value === null ? 0 : 1 + Math.max(0, ...Object.values(value).map(depthOf));
  const jsonDepth = depthOf(review);
  assert.is(read(review, limitsWith({ jsonDepth })).request().name, "web");
  throwsCode("over-limit", () => read(review, limitsWith({ jsonDepth: jsonDepth - 1 })).request());
  assert.is(readReview(JSON.stringify(review), "bounded").request().name, "web");
});

test("what is made or changed has an object; what is removed need not have one", () => {
  for (const object of [null, [], "text"])
    for (const [operation, isRead] of [
      ["CREATE", false],
      ["UPDATE", false],
      ["DELETE", true],
      ["CONNECT", true],
    ] as const) {
      const { request } = read(withRequest({ operation, object }));
      if (isRead) assert.is(request().operation, operation);
      else throwsCode("malformed", request);
    }
});

test("null is what is absent; of a user, groups that are no texts are left out, and further fields are kept", () => {
  const extra = { "example.org/team": ["a"] };
  const userInfo = { username: "alice", uid: null, groups: ["a", 1, "b"], extra };
  const request = read(withRequest({ namespace: null, subResource: null, userInfo })).request();
  assert.equal([request.namespace, request.subResource], [undefined, undefined]);
  assert.equal(request.userInfo, { username: "alice", groups: ["a", "b"], extra });
  throwsCode("malformed", read(withRequest({ namespace: 1 })).request);
});

test("escapes of halves of surrogate pairs are read as U+FFFD", () => {
  const text = JSON.stringify(withRequest({ name: "half" })).replace('"half"', '"a\\ud83d"');
  assert.is(read(text).request().name, "a\ufffd");
});

test("keys that mean something to programs are only keys", () => {
  const text = JSON.stringify(reviewOf(pod("a:1"))).replace('"dryRun"', '"__proto__":{"operation":"DELETE"},"dryRun"');
  assert.is(read(text).request().operation, "CREATE");
});

test("an answer: patches in base64, a status with and without a code", () => {
  const patched = JSON.parse(
    renderAnswer('u"1', { patches: [{ op: "add", path: "/a", value: "ä" }], warnings: ["w"] }),
  ).response;
  assert.equal(JSON.parse(Buffer.from(patched.patch, "base64").toString()), [{ op: "add", path: "/a", value: "ä" }]);
  assert.equal([patched.uid, patched.allowed, patched.patchType, patched.warnings], ['u"1', true, "JSONPatch", ["w"]]);
  assert.equal(JSON.parse(renderAnswer("u", {})).response, { uid: "u", allowed: true });
  assert.equal(JSON.parse(renderAnswer("u", { refused: { message: "no" } })).response, {
    uid: "u",
    allowed: false,
    status: { status: "Failure", message: "no" },
  });
  const { status } = JSON.parse(renderAnswer("u", { refused: { message: "m", code: 429, retryAfter: 1 } })).response;
  assert.equal([status.code, status.reason, status.details], [429, "TooManyRequests", { retryAfterSeconds: 1 }]);
});

test.run();
