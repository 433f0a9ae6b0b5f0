/**
 * Decisions over mirrors of every age: the server's budget, a policy's, and both. Source:
 * docs/spec/offline.md#age-budgets.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createEngine } from "../../../core/decide/engine.ts";
import type { Knowledge, Mirrored } from "../../../core/knowledge/knowledge.ts";
import { requestFor } from "../../../core/kyverno/rule/resource-request.ts";
import type { TrustSettings } from "../../../core/trust/tuf-verifier.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { fixtureKnowledge } from "../../support/fixture-images.ts";
import { image, load, now, type PolicyText, pod, policyText, without } from "../../support/fixture-policies.ts";

const test = suite("core/decide/engine-freshness");
const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

interface Case {
  readonly policy?: PolicyText;
  /** The annotation `sallyport.dev/max-mirror-age`. */
  readonly allows?: string;
  readonly trust?: TrustSettings;
  readonly tag?: string;
  readonly knowledge?: Knowledge;
  readonly signedTime?: Date;
  readonly at?: Date;
  readonly exhaustive?: boolean;
}

function decide(mirrored: Mirrored | undefined, given: Case = {}) {
  const { policy, allows, trust = {}, tag = "signed", knowledge = fixtureKnowledge, signedTime, at = now } = given;
  const text = policyText(policy).replace(
    "metadata: { name: check }",
    allows === undefined
      ? "$&"
      : `metadata: { name: check, annotations: { sallyport.dev/max-mirror-age: "${allows}" } }`,
  );
  const source: Knowledge = {
    answer: knowledge.answer.bind(knowledge),
    state: () => ({ version: "1", mirrored, newestSignedTime: signedTime }),
  };
  const { policies } = load(text);
  const decision = createEngine({ policies, crypto: nodeVerifier, settings: { trust } }).decide(
    requestFor(pod(image(tag))),
    source,
    at,
    { exhaustive: given.exhaustive ?? false },
  );
  return { decision, ...decision };
}

const aged = (ms: number): Mirrored => ({ at: new Date(now.getTime() - ms), by: "archive" });
const codes = ({ results }: ReturnType<typeof decide>) =>
  results
    .filter(({ pass }) => pass === "mutate")
    .map(({ status, failures }) => [status, ...failures.map(({ code }) => code)].join(" "));

test("by default 30 days warn and nothing denies; without a mirror there is no age", () => {
  for (const [mirrored, warnings] of [
    [undefined, 0],
    [{}, 0],
    [aged(30 * day - second), 0],
    [aged(30 * day), 1],
    [aged(999 * day), 1],
  ] as const) {
    const decided = decide(mirrored);
    assert.equal([decided.allowed, decided.trustWarnings.length], [true, warnings]);
    assert.ok(decided.warnings.join().includes("maxMirrorAge") === (warnings === 1), "beside the decision");
  }
});

test("a policy's annotation denies, by a second, and its message says who asks", () => {
  assert.ok(decide(aged(72 * hour), { allows: "72h" }).allowed);
  const denied = decide(aged(72 * hour + second), { allows: "72h" });
  assert.equal([denied.allowed, codes(denied)], [false, ["error stale"]]);
  assert.match(
    denied.results[0]?.message ?? "",
    /could not decide .*\[stale\].*sallyport\.dev\/max-mirror-age allows 3d/,
  );
  assert.is(denied.results[0]?.failures[0]?.check, "freshness.mirror");
  assert.equal(codes(decide({}, { allows: "3650d" })), ["error stale"], "nobody knows how old it is");
  assert.equal(codes(decide(undefined, { allows: "72h" })), ["pass"], "no mirror");
});

test("of the server's budget and the policy's the stricter counts", () => {
  const trust = (deny: number) => ({ maxMirrorAge: { deny } });
  for (const [server, allows, age, wanted] of [
    [day, "72h", 2 * day, "error stale"],
    [9 * day, "24h", 2 * day, "error stale"],
    [9 * day, "72h", 2 * day, "pass"],
    [day, "3650d", 2 * day, "error stale"],
  ] as const)
    assert.equal(codes(decide(aged(age), { allows, trust: trust(server) })), [wanted], `${server} ${allows}`);
  const both = decide(aged(2 * day), { allows: "72h", trust: trust(day) });
  assert.match(both.results[0]?.message ?? "", /; maxMirrorAge allows 1d/);
});

test("Ignore and Audit do not let it pass", () => {
  for (const spec of [
    "validationFailureAction: Enforce\nfailurePolicy: Ignore",
    "validationFailureAction: Audit",
    "validationFailureAction: Audit\nfailurePolicy: Ignore",
  ])
    assert.not.ok(
      decide(aged(99 * day), { allows: "72h", policy: { spec, fields: "mutateDigest: false" } }).allowed,
      spec,
    );
  const missing = without(({ kind }) => kind === "tag");
  const spec = "validationFailureAction: Enforce\nfailurePolicy: Ignore";
  assert.ok(decide(aged(0), { allows: "72h", policy: { spec }, knowledge: missing }).allowed);
  const both = decide(aged(99 * day), { allows: "72h", policy: { spec }, knowledge: missing });
  assert.equal([both.allowed, codes(both)[0]], [false, "error not-in-mirror stale"]);
});

test("a refutation is certain, however old what it rests on is", () => {
  const denied = decide(aged(99 * day), { allows: "72h", tag: "unsigned" });
  assert.equal(denied.results[0]?.status, "fail");
});

test("an image of which nothing is looked up has no age; one that is only pinned has", () => {
  const fields = "required: false\nverifyDigest: false";
  const pinless = { entries: [], fields: `${fields}\nmutateDigest: false` };
  assert.ok(decide(aged(99 * day), { allows: "72h", policy: pinless }).allowed);
  assert.not.ok(decide(aged(99 * day), { allows: "72h", policy: { entries: [], fields } }).allowed);
});

test("a sync judges for a side that has its copy only later", () => {
  assert.equal(codes(decide(aged(99 * day), { allows: "72h", exhaustive: true }))[0], "pass");
});

test("an attack: a clock set back is told, and makes no mirror younger", () => {
  const behind = { allows: "72h", at: new Date(now.getTime() - 99 * day) };
  const seen = decide(aged(100 * day), { ...behind, signedTime: now });
  assert.equal([seen.allowed, codes(seen)], [false, ["error stale"]]);
  assert.match(seen.trustWarnings.join("\n"), "[clock-behind]");
  assert.is(seen.freshness.judgedAt, now.toISOString());
  assert.is(seen.freshness.mirror?.ageSeconds, 100 * 86_400);
  // A mirror that is younger than the clock says: its own time shows that the clock is wrong.
  assert.equal(codes(decide(aged(0), behind)), ["error stale"]);
});

test("the evidence has the budgets, the age and who says so", () => {
  const { freshness } = decide(aged(2 * day), { trust: { maxMirrorAge: { deny: 3 * day } } });
  assert.equal(freshness, {
    judgedAt: now.toISOString(),
    mode: "budget",
    maxTrustAge: { warnSeconds: 7 * 86_400, denySeconds: 90 * 86_400 },
    maxMirrorAge: { warnSeconds: 3 * 86_400, denySeconds: 3 * 86_400 },
    maxCheckpointAge: {},
    mirror: { at: aged(2 * day).at?.toISOString(), by: "archive", ageSeconds: 2 * 86_400 },
  });
});

test.run();
