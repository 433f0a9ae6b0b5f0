/**
 * Attacks on the logic around verification: results that a request brings along, results that are remembered, evidence
 * that is found and not verified.
 */
import * as assert from "uvu/assert";
import { createEngine, type Decision } from "../../core/decide/engine.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import type { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import {
  decide,
  type Json,
  policyFor,
  type Judged,
  type Recipe,
  sign,
  type Signed,
  strangers,
  together,
  verifiers,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { withEntry, withImage } from "./other-answers.ts";
import { accepts, lab } from "./refuses.ts";

const { attack, run } = attackSuite("admission");

const allowed = (signed: Signed, judged: Judged = {}): boolean => {
  const [first, second] = verifiers.map((verifier) => decide(signed, verifier, judged).allowed);
  assert.is(first, second);
  return first === true;
};
const byStranger = (recipe: Recipe): Signed =>
  sign(lab, { ...recipe, change: { ...recipe.change, signingKey: () => lab.key("stranger") } });

attack(95, "the request carries annotations that say its images were verified", () => {
  for (const recipe of [{ layout: "tag" }, {}, { claim: "attestation" }] as const satisfies readonly Recipe[]) {
    const signed = byStranger(recipe);
    const pinned = `${signed.repository}@${signed.digest}`;
    const named = `${signed.repository}:${signed.tag}`;
    for (const status of ["pass", "skip", true] as const) {
      const flat = { [pinned]: status, [named]: status, [`${named}@${signed.digest}`]: status };
      const annotations = {
        "kyverno.io/verify-images": JSON.stringify(flat),
        "kyverno.io/verify-images-scoped": JSON.stringify({ version: 1, policies: { "/lab": { verify: flat } } }),
        "kyverno.io/image-verification-outcomes": JSON.stringify({
          lab: { name: "lab", ruleType: "ImageVerify", status: "pass", properties: flat },
        }),
      };
      for (const image of [named, pinned, `${named}@${signed.digest}`]) {
        const pod = (made: Json): Json => ({ ...withImage(image)(made), metadata: { ...made.metadata, annotations } });
        assert.not(allowed(signed, { pod }));
        for (const entry of [
          { mutateDigest: false, verifyDigest: false },
          { mutateDigest: false, required: true, verifyDigest: false },
          { mutateDigest: true },
        ])
          assert.not(allowed(signed, { pod, policy: withEntry(entry) }));
      }
    }
  }
});

attack(95, "annotations that say the contrary, or cannot be read, of images that are signed", () => {
  const signed = accepts({ layout: "tag" });
  for (const text of ["{}", "no JSON", JSON.stringify({ [`${signed.repository}@${signed.digest}`]: "fail" })]) {
    const annotations = { "kyverno.io/verify-images": text, "kyverno.io/verify-images-scoped": text };
    assert.ok(allowed(signed, { pod: (made) => ({ ...made, metadata: { ...made.metadata, annotations } }) }));
  }
});

attack(95, "an update that changes nothing but a label, of a Pod whose image is unsigned", () => {
  const signed = accepts({ layout: "tag" });
  const stranger = byStranger({ layout: "tag" });
  for (const [which, wanted] of [
    [signed, true],
    [stranger, false],
  ] as const) {
    const { policies } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed)) }]);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "app", labels: { a: "b" } },
      ...withImage(`${which.repository}:${which.tag}`)({}),
    };
    for (const crypto of verifiers) {
      const request = {
        ...requestFor(pod),
        operation: "UPDATE",
        oldObject: { ...pod, metadata: { name: "app" } },
      } as const;
      assert.is(createEngine({ policies, crypto }).decide(request, which.knowledge, lab.now).allowed, wanted);
    }
  }
});

/** An engine that lives on, over knowledge that tells its version: it remembers. */
function remembering(signed: Signed, judged: Judged = {}) {
  const { policies, errors } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed, judged)) }]);
  assert.equal(errors, []);
  const knowledge = signed.store.knowledge();
  const trust = (bytes: Uint8Array): MemoryKnowledge =>
    knowledge.present({ kind: "trusted-root", name: "public-good" }, { form: "pinned", bytes });
  trust(signed.trustedRoot);
  const engines = verifiers.map((crypto) => createEngine({ policies, crypto, ...judged.engine }));
  const ask = (labels: Json = {}, now = lab.now): boolean => {
    const image = `${signed.repository}:${signed.tag}`;
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "app", namespace: "default", labels },
      spec: { containers: [{ name: "app", image }] },
    };
    const [first, second] = engines.map((engine): Decision => engine.decide(requestFor(pod), knowledge, now));
    assert.is(first?.allowed, second?.allowed);
    return first?.allowed === true;
  };
  return { ask, knowledge, trust };
}

attack(96, "a remembered verification, under conditions that another request does not meet", () => {
  const conditions = [
    {
      all: [{ key: "{{ reviewers[0] }}", operator: "Equals", value: "{{ request.object.metadata.labels.reviewer }}" }],
    },
  ];
  const policy = (made: Json): Json => {
    made.spec.rules[0].verifyImages[0].attestations[0].conditions = conditions;
    return made;
  };
  for (const layout of ["tag", "bundle"] as const) {
    const signed = accepts({ claim: "attestation", layout, predicate: { reviewers: ["bob"] } });
    const { ask } = remembering(signed, { policy });
    for (const [reviewer, wanted] of [
      ["bob", true],
      ["eve", false],
      ["bob", true],
    ] as const)
      assert.is(ask({ reviewer }), wanted);
    assert.not(ask({}));
  }
});

attack(96, "a remembered verification, after the signature was taken away, or trust in the signer's authority", () => {
  const signed = accepts({ by: "certificate", layout: "tag" });
  const removed = remembering(signed);
  assert.ok(removed.ask());
  removed.knowledge.absent({
    kind: "tag",
    repository: signed.repository,
    tag: associatedTag(signed.digest, "signature"),
  });
  assert.not(removed.ask());
  const distrusting = remembering(signed);
  assert.ok(distrusting.ask());
  distrusting.trust(strangers(lab).trustedRoot());
  assert.not(distrusting.ask());
  distrusting.trust(signed.trustedRoot);
  assert.ok(distrusting.ask());
});

attack(96, "a remembered verification, after the certificate that was judged now has expired", () => {
  const signed = sign(lab, { by: "certificate", layout: "tag", evidence: [] });
  const { ask } = remembering(signed);
  assert.ok(ask({}, lab.loggedAt));
  assert.not(ask({}, new Date(lab.leafEnd.getTime() + 1000)));
  assert.not(ask({}, new Date(lab.signedAt.getTime() - 1000)));
  assert.ok(ask({}, lab.loggedAt));
});

attack(96, "what is remembered of one attestor, for another one of the same policy", () => {
  const signed = accepts({ layout: "tag" });
  const two = (policy: Json): Json => {
    const [entry] = policy.spec.rules[0].verifyImages;
    const other = structuredClone(entry);
    other.attestors[0].entries[0].keys.publicKeys = lab.key("another").pem;
    policy.spec.rules.push({ ...structuredClone(policy.spec.rules[0]), name: "other", verifyImages: [other] });
    return policy;
  };
  const both = remembering(signed, { policy: two });
  for (let time = 0; time < 3; time++) assert.not(both.ask());
  const one = remembering(signed);
  for (let time = 0; time < 3; time++) assert.ok(one.ask());
});

const holding = (policy: Json): Json => {
  policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
    { all: [{ key: "{{ approved }}", operator: "Equals", value: true }] },
  ];
  return policy;
};

attack(97, "attestations by untrusted signers, in every layout, whose predicates meet every condition", () => {
  for (const layout of ["tag", "artifact", "bundle"] as const) {
    const recipe: Recipe = { claim: "attestation", layout, predicate: { approved: true } };
    assert.ok(allowed(accepts(recipe), { policy: holding }));
    assert.not(allowed(byStranger(recipe), { policy: holding }));
    assert.not(
      allowed(sign(lab, { ...recipe, change: { signature: (signature) => signature.slice().fill(0, 8, 40) } }), {
        policy: holding,
      }),
    );
    // Bytes that were changed after they were signed.
    const changed = sign(lab, {
      ...recipe,
      predicate: { approved: false },
      change: {
        envelope: (envelope) => ({
          ...envelope,
          payload: Buffer.from(Buffer.from(envelope.payload, "base64").toString().replace("false", "true")).toString(
            "base64",
          ),
        }),
      },
    });
    assert.not(allowed(changed, { policy: holding }));
  }
});

attack(97, "a stranger's statement beside the signer's: conditions see the signer's alone", () => {
  for (const layout of ["tag", "bundle"] as const) {
    const recipe = (approved: boolean): Recipe => ({ claim: "attestation", layout, predicate: { approved } });
    assert.ok(allowed(together(sign(lab, recipe(true)), byStranger(recipe(false))), { policy: holding }));
    assert.not(allowed(together(sign(lab, recipe(false)), byStranger(recipe(true))), { policy: holding }));
    assert.not(allowed(together(sign(lab, recipe(false)), sign(lab, recipe(true))), { policy: holding }));
  }
});

attack(97, "a stranger's statement under the name that validate.deny reads", () => {
  const denying = (policy: Json): Json => {
    const [entry] = policy.spec.rules[0].verifyImages;
    entry.attestations[0].name = "review";
    entry.validate = {
      deny: { conditions: { any: [{ key: "{{ review.approved }}", operator: "Equals", value: false }] } },
    };
    return policy;
  };
  const recipe = (approved: boolean): Recipe => ({ claim: "attestation", layout: "tag", predicate: { approved } });
  assert.ok(allowed(sign(lab, recipe(true)), { policy: denying }));
  assert.not(allowed(sign(lab, recipe(false)), { policy: denying }));
  assert.not(allowed(together(sign(lab, recipe(false)), byStranger(recipe(true))), { policy: denying }));
});

run();
