/** Attacks on how old things are: clocks that are turned, bounds that nobody keeps, keys that were just stolen. */
import * as assert from "uvu/assert";
import { createEngine } from "../../core/decide/engine.ts";
import type { Knowledge, Mirrored } from "../../core/knowledge/knowledge.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import type { AgeBudget } from "../../core/trust/age-budget.ts";
import { defaultLimits } from "../../core/limits.ts";
import { compileAttestor } from "../../core/verify/attestor.ts";
import { createImageVerifier } from "../../core/verify/image-verifier.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { sign, strangers } from "../lab/index.ts";
import { fixtureKnowledge } from "../support/fixture-images.ts";
import { image, now, pod, policyText } from "../support/fixture-policies.ts";
import { attackSuite } from "./attack.ts";
import { lab } from "./refuses.ts";

const { attack, run } = attackSuite("ages");
const hour = 3_600_000;
const day = 24 * hour;
const ago = (ms: number): Date => new Date(now.getTime() - ms);

const annotated = (name: string, value: string): string =>
  policyText().replace(
    "metadata: { name: check }",
    `metadata: { name: check, annotations: { ${name}: ${JSON.stringify(value)} } }`,
  );

/** Whether the signed image is let in, by a policy that wants a mirror of at most three days. */
function letsIn(mirrored: Mirrored, at: Date, seen?: Date, allows = "72h", maxMirrorAge: AgeBudget = {}): boolean {
  const { policies } = loadPolicies([{ name: "p.yaml", text: annotated("sallyport.dev/max-mirror-age", allows) }]);
  assert.is(policies.length, 1);
  const source: Knowledge = {
    answer: fixtureKnowledge.answer.bind(fixtureKnowledge),
    state: () => ({ version: "1", mirrored, newestSignedTime: seen }),
  };
  const engine = createEngine({ policies, crypto: nodeVerifier, settings: { trust: { maxMirrorAge } } });
  return engine.decide(requestFor(pod(image("signed"))), source, at).allowed;
}

attack(231, "by a year, after a log signed a time", () => {
  const mirrored = { at: ago(365 * day), by: "archive" } as const;
  assert.ok(letsIn({ at: ago(day), by: "archive" }, now, now));
  assert.not(letsIn(mirrored, now, now));
  assert.not(letsIn(mirrored, ago(364 * day), now));
});

attack(232, "a sync of next year, by a clock that is right now", () => {
  assert.ok(letsIn({ at: ago(day), by: "sync" }, now));
  assert.not(letsIn({ at: ago(-365 * day), by: "sync" }, now));
  assert.not(letsIn({ at: ago(-hour), by: "sync" }, now));
});

attack(233, "no unit, a sign, a fraction, words, more than ten years, another name", () => {
  const loads = (name: string, value: string): boolean =>
    loadPolicies([{ name: "p.yaml", text: annotated(name, value) }]).policies.length === 1;
  const bounds = ["max-mirror-age", "max-trust-age", "min-signature-age"].map((name) => `sallyport.dev/${name}`);
  for (const name of bounds) {
    assert.ok(loads(name, "72h"));
    for (const value of ["72", "-72h", "+72h", "1.5h", "soon", "", "3651d", "999999d999999d", "9e9d", "NaN", "∞"])
      assert.not(loads(name, value), `${name} ${value}`);
  }
  for (const name of ["max-mirror-ages", "Max-Mirror-Age", "max_mirror_age", "", "constructor"])
    assert.not(loads(`sallyport.dev/${name}`, "72h"), name);
});

attack(234, "ten years in the policy, a day on the server; and the other way round", () => {
  const mirrored = { at: ago(2 * day), by: "archive" } as const;
  assert.not(letsIn(mirrored, now, undefined, "3650d", { deny: day }));
  assert.not(letsIn(mirrored, now, undefined, "24h", { deny: 3650 * day }));
  assert.ok(letsIn(mirrored, now, undefined, "3650d", { deny: 3650 * day }));
});

attack(235, "with an entry of a log, with a timestamp, and without any time", () => {
  for (const [recipe, atLast] of [
    [{ layout: "tag" }, true],
    [{ layout: "bundle", by: "certificate" }, true],
    [{ layout: "bundle", evidence: ["rekor2", "timestamp"] }, true],
    [{ layout: "bundle", evidence: ["rekor2"] }, false],
  ] as const) {
    const signed = sign(lab, recipe);
    const expectation = compileAttestor(signed.attestor, { limits: defaultLimits, minSignatureAge: 3 * day });
    const holds = (at: Date): boolean =>
      createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits })
        .open(signed.knowledge, at)
        .verify({ image: signed, expectation, layouts: "all" }).verification.truth === "proven";
    assert.not(holds(new Date(lab.loggedAt.getTime() + 3 * day - 1)));
    assert.is(holds(new Date(lab.loggedAt.getTime() + 3 * day)), atLast);
    assert.not(holds(new Date(lab.loggedAt.getTime() - 365 * day)), "nor by a clock that is set back");
  }
});

attack(236, "by a stranger, under the log's name, with a time that was written in", () => {
  const signed = sign(lab, { layout: "bundle", by: "certificate" });
  const expectation = compileAttestor(signed.attestor, { limits: defaultLimits });
  const at = new Date(lab.loggedAt.getTime() + 30 * day);
  const line = (time: Date): string => `Timestamp: ${BigInt(time.getTime()) * 1_000_000n}`;
  const note = (by: typeof lab, time: Date): string => by.rekor.checkpoint([new Uint8Array(8)], { more: [line(time)] });
  const truthWith = (checkpoints: readonly string[]): string => {
    const source: Knowledge = {
      answer: signed.knowledge.answer.bind(signed.knowledge),
      state: () => ({ version: "1", checkpoints }),
    };
    const trust = { maxCheckpointAge: { deny: day } };
    return createImageVerifier({ crypto: nodeVerifier, limits: defaultLimits, trust })
      .open(source, at)
      .verify({ image: signed, expectation, layouts: "all" }).verification.truth;
  };
  const old = note(lab, lab.loggedAt);
  assert.is(truthWith([note(lab, at)]), "proven");
  assert.is(truthWith([old]), "unknown");
  assert.is(truthWith([old, note(strangers(lab), at)]), "unknown");
  assert.is(truthWith([old, old.replace(line(lab.loggedAt), line(at))]), "unknown");
});

run();
