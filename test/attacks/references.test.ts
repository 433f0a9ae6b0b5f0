/**
 * Attacks on what a reference means: answers that change, digests that are not of the bytes, another image's referrers,
 * other platforms.
 */
import * as assert from "uvu/assert";
import { createEngine } from "../../core/decide/engine.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { requestFor } from "../../core/kyverno/rule/resource-request.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import type { Answer } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { settle } from "../../core/decide/settle.ts";
import { decide, type Json, policyFor, type Recipe, sign, Store, verdict, verifiers } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { altered, beside, withEntry, withImage } from "./other-answers.ts";
import { accepts, lab } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("references");

const two = (policy: Json): Json => {
  const [rule] = policy.spec.rules;
  rule.verifyImages.push(structuredClone(rule.verifyImages[0]));
  policy.spec.rules.push({ ...structuredClone(rule), name: "again" });
  return policy;
};
const pinned = (decision: {
  readonly patches: readonly { readonly path: string; readonly value: unknown }[];
}): readonly unknown[] => decision.patches.filter(({ path }) => path.endsWith("/image")).map(({ value }) => value);

attack(
  77,
  "the tag names the signed image the first time it is asked, and another one afterwards, or the other way round",
  () => {
    for (const layout of ["tag", "bundle"] as const) {
      const signed = accepts({ layout });
      const evil = beside(signed);
      const good = signed.knowledge.answer({ kind: "tag", repository: signed.repository, tag: signed.tag });
      if (good?.state !== "present") throw new Error("the image has its tag");
      const flipping = (first: "good" | "evil") =>
        altered(
          signed,
          (question, times) =>
            question.kind !== "tag" || question.tag !== signed.tag
              ? undefined
              : (times === 1) === (first === "good")
                ? good.value
                : evil.descriptor,
          evil.store,
        );
      for (const verifier of verifiers) {
        const decision = decide(signed, verifier, { knowledge: flipping("good"), policy: two });
        assert.is(decision.allowed, true);
        assert.equal(pinned(decision), [`${signed.repository}:${signed.tag}@${signed.digest}`]);
        assert.is(decide(signed, verifier, { knowledge: flipping("evil"), policy: two }).allowed, false);
      }
    }
  },
);

attack(77, "the registry answers every second time with another image, while everything is asked of it", async () => {
  for (const first of ["good", "evil"] as const) {
    const signed = accepts({ layout: "tag" });
    const evil = beside(signed);
    let asked = 0;
    const ask = async (question: Question): Promise<Answer> => {
      if (question.kind === "tag" && question.tag === signed.tag && (asked++ % 2 === 0) === (first === "evil"))
        return { state: "present", value: evil.descriptor, at: lab.now.toISOString(), from: "lab" };
      return (
        signed.knowledge.answer(question) ??
        evil.store.knowledge().answer(question) ?? { state: "absent", at: lab.now.toISOString(), from: "lab" }
      );
    };
    const { policies } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(signed, { policy: two })) }]);
    for (const crypto of verifiers) {
      asked = 0;
      const pod = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "app" },
        ...withImage(`${signed.repository}:${signed.tag}`)({}),
      };
      const decision = await settle(
        createEngine({ policies, crypto }),
        requestFor(pod),
        new MemoryKnowledge(defaultLimits),
        { ask } as Asker,
        lab.now,
      );
      assert.is(asked, 1);
      assert.is(decision.allowed, first === "good");
      if (first === "good") assert.equal(pinned(decision), [`${signed.repository}:${signed.tag}@${signed.digest}`]);
    }
  }
});

attack(78, "the manifest behind the signed digest has other bytes", () => {
  const signed = accepts({ claim: "blob" });
  const evil = beside(signed);
  const knowledge = altered(signed, (question) =>
    question.kind === "manifest" && question.digest === signed.digest ? evil.bytes : undefined,
  );
  assert.is(verdict(signed, { knowledge }), "refuted: malformed");
  const child = accepts({ image: "index", layout: "tag" });
  const swapped = altered(child, (question) =>
    question.kind === "manifest" && question.digest !== child.digest ? evil.bytes : undefined,
  );
  assert.is(verdict(child, { knowledge: swapped }), "refuted: malformed");
});

attack(
  78,
  "the tag's descriptor names the signed digest, the repository has another image: what was verified is pinned",
  () => {
    const signed = accepts({ layout: "tag" });
    for (const verifier of verifiers) {
      const decision = decide(signed, verifier);
      assert.equal(pinned(decision), [`${signed.repository}:${signed.tag}@${signed.digest}`]);
      for (const entry of [
        { mutateDigest: false, verifyDigest: true },
        { mutateDigest: false, verifyDigest: true, required: false },
      ])
        assert.is(decide(signed, verifier, { policy: withEntry(entry) }).allowed, false);
      assert.is(
        decide(signed, verifier, {
          policy: withEntry({ mutateDigest: false }),
          pod: withImage(`${signed.repository}@${signed.digest}`),
        }).allowed,
        true,
      );
    }
  },
);

attack(
  79,
  "the tag moves between the two passes: the pinned reference is verified again, the tag alone is not enough",
  () => {
    const signed = accepts({ layout: "tag" });
    const evil = beside(signed);
    const moved = altered(
      signed,
      (question) => (question.kind === "tag" && question.tag === signed.tag ? evil.descriptor : undefined),
      evil.store,
    );
    for (const verifier of verifiers) {
      const [reference] = pinned(decide(signed, verifier)) as string[];
      assert.is(decide(signed, verifier, { knowledge: moved, pod: withImage(reference ?? "") }).allowed, true);
      assert.is(decide(signed, verifier, { knowledge: moved }).allowed, false);
      const other = `${signed.repository}:${signed.tag}@${evil.descriptor.digest}`;
      assert.is(decide(signed, verifier, { pod: withImage(other) }).allowed, false);
      assert.is(decide(signed, verifier, { knowledge: moved, pod: withImage(other) }).allowed, false);
    }
  },
);

attack(
  80,
  "the list of referrers names another image's bundle, one that refers to nothing, or one about another image",
  () => {
    for (const recipe of [{}, { claim: "attestation" }, { layout: "artifact" }] as const satisfies readonly Recipe[]) {
      const victim = accepts({ ...recipe, repository: "registry.lab.example/team/victim" });
      const evil = sign(lab, {
        ...recipe,
        repository: "registry.lab.example/team/victim",
        tag: "evil",
        change: { signingKey: () => lab.key("stranger") },
      });
      const listed = victim.knowledge.answer({
        kind: "referrers",
        repository: victim.repository,
        digest: victim.digest,
      });
      if (listed?.state !== "present") throw new Error("the victim has referrers");
      const [bundle] = listed.value;
      const knowledge = altered(
        evil,
        (question) => (question.kind === "referrers" ? [bundle] : undefined),
        victim.store,
      );
      assert.is(verdict(evil, { knowledge }), "refuted: wrong-digest");
      for (const subject of [undefined, evil.store.manifests[0]]) {
        const manifest = JSON.parse(new TextDecoder().decode(victim.store.manifests.at(-1)?.bytes));
        if (subject === undefined) delete manifest.subject;
        else manifest.subject = { mediaType: manifest.mediaType, digest: evil.digest, size: evil.artifact.length };
        const store = new Store();
        store.blobs.push(...victim.store.blobs);
        const { bytes: _, ...descriptor } = store.manifest(victim.repository, manifest);
        const forged = altered(
          evil,
          (question) =>
            question.kind === "referrers" ? [{ ...descriptor, artifactType: manifest.artifactType ?? "" }] : undefined,
          store,
        );
        assert.is(verdict(evil, { knowledge: forged }), "refuted: wrong-digest");
      }
    }
  },
);

attack(80, "the image's own bundle in a manifest that refers to another image, or to nothing", () => {
  for (const recipe of [{}, { claim: "attestation" }, { layout: "artifact" }] as const satisfies readonly Recipe[])
    for (const subject of [
      undefined,
      { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: `sha256:${"0".repeat(64)}`, size: 1 },
    ]) {
      const stray = sign(lab, {
        ...recipe,
        change: {
          manifest: ({ subject: _, ...manifest }) => (subject === undefined ? manifest : { ...manifest, subject }),
        },
      });
      const kept = stray.store.manifests.at(-1);
      const manifest = JSON.parse(new TextDecoder().decode(kept?.bytes));
      const descriptor = {
        mediaType: manifest.mediaType,
        digest: kept?.digest,
        size: kept?.bytes.length,
        artifactType: manifest.artifactType ?? "",
      };
      const knowledge = altered(stray, (question) => (question.kind === "referrers" ? [descriptor] : undefined));
      assert.is(verdict(stray, { knowledge }), "refuted: wrong-digest");
    }
});

attack(84, "an index is signed, one of its images is run by its own digest or by a tag that was moved to it", () => {
  const signed = accepts({ layout: "tag", image: "index" });
  const index = JSON.parse(new TextDecoder().decode(signed.artifact));
  const [child] = index.manifests;
  const { platform: _, ...descriptor } = child;
  const moved = altered(signed, (question) =>
    question.kind === "tag" && question.tag === signed.tag ? descriptor : undefined,
  );
  for (const verifier of verifiers) {
    const decision = decide(signed, verifier);
    assert.equal(pinned(decision), [`${signed.repository}:${signed.tag}@${signed.digest}`]);
    assert.is(decide(signed, verifier, { pod: withImage(`${signed.repository}@${child.digest}`) }).allowed, false);
    assert.is(decide(signed, verifier, { knowledge: moved }).allowed, false);
  }
});

run();
