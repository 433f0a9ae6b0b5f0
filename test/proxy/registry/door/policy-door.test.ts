import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Asker } from "../../../../core/knowledge/knowledge.ts";
import { questionText } from "../../../../core/knowledge/question.ts";
import { loadPolicies } from "../../../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { createPolicyDoor, type PolicyDoorOptions } from "../../../../proxy/registry/door/policy-door.ts";
import { decide, fastVerifier, type Json, Lab, policyFor, sign, type Signed } from "../../../lab/index.ts";

const test = suite("proxy/registry/door/policy-door");
const lab = new Lab();
const signed = sign(lab, { layout: "tag" });
const other = sign(new Lab({ seed: "other" }), { layout: "tag" });
const { repository, tag, digest } = signed;

const policiesOf = (policy: Json) => loadPolicies([{ name: "policy.yaml", text: JSON.stringify(policy) }]).policies;

function doorOf(policy: Json | undefined, more: Partial<PolicyDoorOptions> = {}) {
  return createPolicyDoor({
    policies: policy === undefined ? [] : policiesOf(policy),
    knowledge: signed.knowledge,
    refreshMs: 300_000,
    noMatch: "admit",
    crypto: fastVerifier,
    limits: defaultLimits,
    now: () => lab.now,
    ...more,
  });
}

const judged = (policy: Json | undefined, more: Partial<PolicyDoorOptions> = {}, image: Partial<Signed> = {}) =>
  doorOf(policy, more).judge({ repository, tag, digest, ...image }, 1e12);

/** The policy for images of this pattern alone. */
const selecting = (reference: string): Json =>
  JSON.parse(
    JSON.stringify(policyFor(signed)).replace('"imageReferences":["*"]', `"imageReferences":["${reference}"]`),
  ) as Json;

test("the verdict of the engine: proven, refuted with the documented sentence, unknown", async () => {
  assert.ok(decide(signed, fastVerifier).allowed);
  assert.equal(await judged(policyFor(signed)), { verdict: "admitted" });
  const refused = await judged(policyFor(signed, { attestor: other.attestor }));
  assert.is(refused.verdict, "refused");
  assert.match(JSON.stringify(refused), /image verification failed for .*: (?:invalid signature|signature not found)/);
  const nothing = new MemoryKnowledge(defaultLimits);
  const unknown = await judged(policyFor(signed), { knowledge: nothing });
  assert.is(unknown.verdict, "unknown");
  assert.ok(unknown.verdict === "unknown" && unknown.isIgnorable);
});

test("by digest alone, too", async () => {
  const { verdict } = await doorOf(policyFor(signed)).judge({ repository, digest }, 1e12);
  assert.is(verdict, "admitted");
});

test("an image that no policy selects is let in, or refused", async () => {
  assert.equal(await judged(undefined), { verdict: "admitted" });
  assert.is((await judged(undefined, { noMatch: "deny" })).verdict, "refused");
  const elsewhere = await judged(selecting("ghcr.io/else/where*"), { noMatch: "deny" });
  assert.is(elsewhere.verdict, "refused");
});

test("what is distrusted is refused, whatever its signature", async () => {
  const distrust = [{ kind: "digest", value: digest, reason: "test" }] as const;
  const { verdict, ...rest } = await judged(policyFor(signed), { distrust });
  assert.is(verdict, "refused");
  assert.match(JSON.stringify(rest), /distrust/);
});

test("evidence that is not known is asked for", async () => {
  const asked: string[] = [];
  const asker: Asker = {
    ask: (question) => {
      asked.push(questionText(question));
      return Promise.resolve(signed.knowledge.answer(question));
    },
  };
  const knowledge = new MemoryKnowledge(defaultLimits);
  const found = await judged(policyFor(signed), { knowledge, asker: () => asker });
  assert.equal(found, { verdict: "admitted" });
  assert.ok(asked.length > 2);
});

test("an image of Docker's library is judged under both of its spellings", async () => {
  for (const reference of ["docker.io/nginx:*", "docker.io/library/nginx:*"]) {
    const found = await judged(selecting(reference), {}, { repository: "docker.io/library/nginx" });
    assert.is.not(found.verdict, "admitted", reference);
  }
});

test.run();
