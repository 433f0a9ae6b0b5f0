/**
 * Decisions that are remembered are those that would have been made: for the same version of the source, while time
 * changes nothing.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine, type Engine } from "../../../core/decide/engine.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { Knowledge, SourceState } from "../../../core/knowledge/knowledge.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { Limits } from "../../../core/limits.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import {
  entryOf,
  image,
  load,
  now,
  type PolicyText,
  pod,
  policyText,
  without,
} from "../../support/fixture-policies.ts";

const test = suite("core/decide/remembered-decisions");

const sourceOf = (state: () => SourceState): Knowledge => ({
  answer: fixtureKnowledge.answer.bind(fixtureKnowledge),
  state,
});
const engineFor = (policy: PolicyText = {}, limits: Partial<Limits> = {}, text = policyText(policy)): Engine =>
  createEngine({ policies: load(text).policies, crypto: nodeVerifier, limits });
const named = (name: string, resource: JsonObject = pod(image("signed"))): JsonObject => ({
  ...resource,
  metadata: { ...(resource.metadata as JsonObject), name },
});
const day = 86_400_000;

test("another Pod like one before is answered by the same results, and says when it was asked", () => {
  const engine = engineFor();
  const source = sourceOf(() => ({ version: "1" }));
  const first = engine.decide(requestFor(named("a")), source, now);
  const later = new Date(now.getTime() + day);
  const second = engine.decide(requestFor(named("b")), source, later);
  const fresh = engineFor({}, { memoDecisions: 0 }).decide(requestFor(named("b")), source, later);
  assert.ok(first.allowed);
  assert.is(second.results, first.results);
  assert.ok(JSON.stringify(second) === JSON.stringify(fresh));
  assert.is(second.at, later.toISOString());
});

test("the newest time that logs or authorities signed is remembered with what it proves", () => {
  const rekor = '{ url: "https://rekor.sigstore.dev" }';
  const engine = engineFor({
    entries: [`- keyless: { subject: "*", issuer: "https://accounts.google.com", rekor: ${rekor} }`],
  });
  const source = sourceOf(() => ({ version: "1" }));
  const [first, second] = ["a", "b"].map((name) =>
    engine.decide(requestFor(named(name, pod(image("signed-keyless")))), source, now),
  );
  assert.is(second?.results, first?.results);
  assert.ok(first?.newestSignedTime !== undefined);
  assert.equal(second?.newestSignedTime, first.newestSignedTime);
});

test("each pass is remembered for itself", () => {
  const engine = engineFor();
  const source = sourceOf(() => ({ version: "1" }));
  const [mutate, validate, again] = (["mutate", "validate", "mutate"] as const).map((pass) =>
    engine.decide(requestFor(named(pass)), source, now, { pass }),
  );
  assert.ok((mutate?.patches.length ?? 0) > 0);
  assert.is(validate?.patches.length, 0);
  assert.is(again?.patches, mutate?.patches);
});

test("a new version of the source, and a source without one, is decided anew", () => {
  const engine = engineFor();
  let version: string | undefined = "1";
  const source = sourceOf(() => ({ version }));
  const results = ["1", "1", "2", undefined, undefined].map((one) => {
    version = one;
    return engine.decide(requestFor(named("a")), source, now).results;
  });
  assert.is(results[0], results[1]);
  assert.is(new Set(results).size, 4);
});

test("a distrusted image is refused by the version that distrusts it", () => {
  const engine = engineFor();
  let state: SourceState = { version: "1" };
  const source = sourceOf(() => state);
  const admitted = engine.decide(requestFor(named("a")), source, now);
  assert.ok(admitted.allowed);
  const [{ image: judged } = {}] = admitted.results;
  state = { version: "2", distrust: [{ kind: "digest", value: judged?.digest ?? "" }] };
  assert.not(engine.decide(requestFor(named("a")), source, now).allowed);
});

test("a denial, and what is unknown, is not remembered", () => {
  const engine = engineFor();
  const source = sourceOf(() => ({ version: "1" }));
  for (const tag of ["unsigned", "no-such-tag"]) {
    const [first, second] = [1, 2].map(() => engine.decide(requestFor(pod(image(tag))), source, now));
    assert.not(first?.allowed);
    assert.is.not(first?.results, second?.results);
  }
});

test("what is admitted and leaves a question open asks it again", () => {
  const engine = engineFor({ entries: [entryOf("b"), entryOf("a")], count: 1 });
  const known = without(({ kind }) => kind === "referrers");
  const source: Knowledge = { answer: known.answer.bind(known), state: () => ({ version: "1" }) };
  for (const name of ["a", "b"]) {
    const { allowed, open } = engine.decide(requestFor(named(name)), source, now);
    assert.ok(allowed);
    assert.ok(open.length > 0, name);
  }
});

test("a mirror that grows old warns at its time, and a clock that is behind a signed time is told", () => {
  const engine = engineFor();
  const source = sourceOf(() => ({ version: "1", mirrored: { at: now, by: "archive" as const } }));
  const at = (days: number) => engine.decide(requestFor(named("a")), source, new Date(now.getTime() + days * day - 1));
  const [young, still, old] = [at(1), at(30), at(31)];
  assert.is(still.results, young.results);
  assert.is(still.freshness.mirror?.ageSeconds, 30 * 86_400 - 1);
  assert.is.not(old.results, young.results);
  assert.is(old.trustWarnings.length, 1);
  assert.equal(at(31).trustWarnings, old.trustWarnings);
  const behind = engine.decide(
    requestFor(named("a")),
    sourceOf(() => ({ version: "1", newestSignedTime: now })),
    at0,
  );
  assert.is(behind.trustWarnings.filter((text) => text.startsWith("[clock-behind]")).length, 1);
});
const at0 = new Date(now.getTime() - day);

test("the bound on remembered decisions holds", () => {
  const engine = engineFor({}, { memoDecisions: 2 });
  const source = sourceOf(() => ({ version: "1" }));
  const decide = (namespace: string) => engine.decide({ ...requestFor(named("a")), namespace }, source, now).results;
  const first = decide("a");
  assert.is(decide("a"), first);
  decide("b");
  decide("c");
  assert.is.not(decide("a"), first);
});

test.run();
