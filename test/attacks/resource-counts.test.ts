import * as assert from "uvu/assert";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { EngineError } from "../../core/errors.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { parseManifest } from "../../core/oci/manifest.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { createEngine, loadPolicies, requestFor } from "../../core/index.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import {
  decide,
  type Json,
  jsonBytes,
  policyFor,
  type Recipe,
  sign,
  type Signed,
  Store,
  together,
  verdict,
  verifiers,
  withTrust,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, refuses } from "./refuses.ts";
import { joinedKnowledge } from "../../core/knowledge/joined-knowledge.ts";

const { attack, run } = attackSuite("resource-counts");

const limited = (limits: Partial<Limits>) => ({ limits });
const overLimit = (error: unknown): boolean => error instanceof EngineError && error.code === "over-limit";
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Knowledge in which one answer is another, and what was asked of it. */
function instead(
  signed: Signed,
  kind: Question["kind"],
  value: unknown,
): { readonly knowledge: Knowledge; readonly asked: Question[] } {
  const asked: Question[] = [];
  const answer = (question: Question) => {
    asked.push(question);
    return question.kind === kind
      ? { state: "present", value, at: lab.now.toISOString(), from: "lab" }
      : signed.knowledge.answer(question);
  };
  return { knowledge: { answer } as Knowledge, asked };
}

attack(68, "a signature manifest of more than a thousand layers, a list of more than a thousand referrers", () => {
  const layers = (count: number) => (manifest: Json) => ({
    ...manifest,
    layers: [...manifest.layers, ...many(count - 1, () => manifest.layers[0])],
  });
  const { layersPerManifest, referrers } = defaultLimits;
  for (const claim of ["signature", "attestation"] as const) {
    refuses("over-limit", { layout: "tag", claim, evidence: [] }, { manifest: layers(layersPerManifest + 1) });
    assert.is(
      verdict(sign(lab, { layout: "tag", claim, evidence: [], change: { manifest: layers(layersPerManifest) } })),
      "proven",
    );
  }
  const signed = accepts({});
  const listed = signed.knowledge.answer({ kind: "referrers", repository: signed.repository, digest: signed.digest });
  const [own] = listed?.state === "present" ? listed.value : [];
  const others = (count: number) =>
    many(count, (index) => ({
      ...own,
      artifactType: "application/vnd.other",
      digest: `sha256:${String(index).padStart(64, "0")}`,
    }));
  assert.is(
    verdict(signed, { knowledge: instead(signed, "referrers", [own, ...others(referrers)]).knowledge }),
    "refuted: over-limit",
  );
  assert.is(
    verdict(signed, { knowledge: instead(signed, "referrers", [...others(referrers - 1), own]).knowledge }),
    "proven",
  );
});

attack(68, "more candidates than the limit, spread over several manifests, all of them bad", () => {
  const recipe: Recipe = { layout: "artifact", evidence: [], change: { signingKey: () => lab.key("stranger") } };
  const kept = sign(lab, recipe).store.manifests.at(-1);
  const spread = sign(lab, {
    ...recipe,
    change: {
      ...recipe.change,
      store: (store) => {
        for (const index of many(5, (at) => at)) {
          const json = JSON.parse(new TextDecoder().decode(kept?.bytes));
          store.manifest("registry.lab.example/team/app", {
            ...json,
            annotations: { index: String(index) },
            layers: many(4, () => json.layers[0]),
          });
        }
      },
    },
  });
  assert.is(verdict(spread), "refuted: wrong-key");
  assert.is(verdict(spread, limited({ signaturesPerImage: 12 })), "refuted: over-limit, wrong-key");
});

attack(68, "one image with very many signatures, in very many containers, and very many such images in one Pod", () => {
  const checks: string[] = [];
  const counting: SignatureVerifier = {
    name: "counting",
    verify: (algorithm, key, signed, signature) => {
      checks.push(key.fingerprint);
      return nodeVerifier.verify(algorithm, key, signed, signature);
    },
  };
  const repeated = (manifest: Json) => ({ ...manifest, layers: many(20, () => manifest.layers[0]) });
  const wrong = sign(lab, {
    layout: "tag",
    evidence: [],
    change: { signingKey: () => lab.key("stranger"), manifest: repeated },
  });
  const pod = (count: number) => (made: Json) => ({
    ...made,
    spec: { containers: many(count, (index) => ({ name: `c${index}`, image: `${wrong.repository}:${wrong.tag}` })) },
  });
  const cost = (count: number): number => {
    checks.length = 0;
    assert.is(decide(wrong, counting, { pod: pod(count) }).allowed, false);
    return checks.length;
  };
  assert.is(cost(1), cost(50));
  const images = many(10, (index) => sign(lab, { layout: "tag", tag: `v${index}`, evidence: [] }));
  const [first] = images;
  if (first === undefined) throw new Error("images");
  const knowledge = joinedKnowledge(images.map((image) => image.knowledge));
  const each = (made: Json) => ({
    ...made,
    spec: {
      containers: images.map(({ repository, tag }, index) => ({ name: `c${index}`, image: `${repository}:${tag}` })),
    },
  });
  assert.is(decide(first, counting, { knowledge, pod: each }).allowed, true);
  const bounded = decide(first, counting, {
    knowledge,
    pod: each,
    engine: { limits: { signatureChecksPerDecision: 5 } },
  });
  assert.is(bounded.allowed, false);
  assert.ok(bounded.results.some(({ failures }) => failures.some(({ code }) => code === "over-limit")));
});

attack(
  68,
  "a good image beside so many others that the decision's checks are used up: it is refused there, and nowhere else",
  () => {
    const images = many(4, (index) => sign(lab, { layout: "tag", tag: `v${index}`, evidence: [] }));
    const [first, last] = [images[0], images.at(-1)];
    if (first === undefined || last === undefined) throw new Error("images");
    const joined = joinedKnowledge(images.map((image) => image.knowledge));
    const knowledge: Knowledge = { answer: (question) => joined.answer(question), state: () => ({ version: "1" }) };
    const pod = (...these: readonly Signed[]) =>
      requestFor({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "app", namespace: "default" },
        spec: {
          containers: these.map(({ repository, tag }, index) => ({ name: `c${index}`, image: `${repository}:${tag}` })),
        },
      });
    const { policies } = loadPolicies([{ name: "lab.yaml", text: JSON.stringify(policyFor(first)) }]);
    for (const crypto of verifiers) {
      const engine = createEngine({ policies, crypto, limits: { signatureChecksPerDecision: 3 } });
      assert.is(engine.decide(pod(...images), knowledge, lab.now).allowed, false);
      for (const image of images) assert.is(engine.decide(pod(image), knowledge, lab.now).allowed, true, image.tag);
      assert.is(
        engine.decide(pod(...images), knowledge, lab.now).allowed,
        true,
        "what was verified since is remembered",
      );
    }
  },
);

attack(68, "the statement that does not meet the conditions behind so many others that a bound cuts it off", () => {
  const stated = (approved: boolean): Signed =>
    sign(lab, { claim: "attestation", layout: "tag", evidence: [], predicate: { approved } });
  const strangers = many(4, (index) =>
    sign(lab, {
      claim: "attestation",
      layout: "tag",
      evidence: [],
      predicate: { index },
      change: { signingKey: () => lab.key("stranger") },
    }),
  );
  const holding = (policy: Json): Json => {
    policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
      { all: [{ key: "{{ approved }}", operator: "Equals", value: true }] },
    ];
    return policy;
  };
  const good = together(stated(true), ...strangers);
  const hidden = together(stated(true), ...strangers, stated(false));
  for (const verifier of verifiers)
    for (const limits of [
      { signatureChecksPerImage: 5 },
      { signatureChecksPerDecision: 5 },
      { layersPerManifest: 5 },
    ]) {
      assert.is(decide(good, verifier, { policy: holding, engine: { limits } }).allowed, true);
      const decision = decide(hidden, verifier, { policy: holding, engine: { limits } });
      assert.is(decision.allowed, false, JSON.stringify(limits));
      assert.ok(decision.results.some(({ failures }) => failures.some(({ code }) => code === "over-limit")));
    }
});

attack(69, "a layer or bundle that its descriptor says is huge: the blob is not asked for", () => {
  const huge = (manifest: Json) => ({
    ...manifest,
    layers: manifest.layers.map((layer: Json) => ({ ...layer, size: 2 ** 40 })),
  });
  for (const recipe of [
    { layout: "tag" },
    { layout: "tag", claim: "attestation" },
    { layout: "artifact" },
    {},
    { claim: "attestation" },
  ] as const) {
    const signed = refuses("over-limit", recipe, { manifest: huge });
    const { knowledge, asked } = instead(signed, "cluster", undefined);
    verdict(signed, { knowledge });
    assert.not(asked.some((question) => question.kind === "blob"));
  }
});

attack(69, "a layer or bundle that is larger than its descriptor says, or than anything may be", () => {
  for (const recipe of [
    { layout: "tag" },
    { layout: "tag", claim: "attestation" },
    { layout: "artifact" },
    {},
    { claim: "attestation" },
  ] as const) {
    const stating = (size: number) => (manifest: Json) => ({
      ...manifest,
      layers: manifest.layers.map((layer: Json) => ({ ...layer, size })),
    });
    refuses("malformed", recipe, { manifest: stating(1) });
    refuses("malformed", recipe, { manifest: stating(1_000_000) });
    assert.is(
      verdict(sign(lab, { ...recipe, change: { manifest: stating(1) } }), limited({ blobBytes: 64, bundleBytes: 64 })),
      "refuted: over-limit",
    );
  }
});

attack(69, "one blob as large as may be, named as often as may be", () => {
  const recipe: Recipe = { layout: "tag", evidence: [], annotations: { fill: "x".repeat(100_000) } };
  const repeated = (manifest: Json) => ({
    ...manifest,
    layers: many(defaultLimits.layersPerManifest, () => manifest.layers[0]),
  });
  const wrong = { manifest: repeated, signingKey: () => lab.key("stranger") };
  refuses("over-limit, wrong-key", recipe, wrong, limited({ signatureBytesPerImage: 2_000_000 }));
  assert.is(verdict(sign(lab, { ...recipe, change: { manifest: repeated } })), "proven");
  assert.is(defaultLimits.signatureBytesPerImage, 256 * 1024 * 1024);
});

attack(63, "very many signatures on very many envelopes, by a key that costs very much", () => {
  const recipe: Recipe = { layout: "tag", claim: "attestation", evidence: [] };
  const envelope = (made: Json) => ({
    ...made,
    signatures: many(defaultLimits.envelopeSignatures, () => ({ ...made.signatures[0], sig: "AAAA" })),
  });
  const manifest = (made: Json) => ({ ...made, layers: many(200, () => made.layers[0]) });
  refuses("wrong-key, over-limit", recipe, { envelope, manifest }, limited({ signatureChecksPerImage: 250 }));
  assert.is(defaultLimits.signatureChecksPerImage, 10_000);
  const own = sign(lab, { ...recipe, change: { manifest } });
  assert.is(verdict(own), "proven");
  assert.is(verdict(own, limited({ signatureChecksPerImage: 10 })), "proven");
  assert.is(
    verdict(
      sign(lab, { ...recipe, change: { signingKey: () => lab.key("stranger") } }),
      limited({ signatureChecksPerImage: 0 }),
    ),
    "refuted: over-limit",
  );
});

attack(69, "a manifest of more bytes than are read", () => {
  const padded = (bytes: number) => (manifest: Json) => ({ ...manifest, annotations: { fill: "x".repeat(bytes) } });
  refuses("over-limit", { layout: "tag" }, { manifest: padded(defaultLimits.manifestBytes) });
  assert.is(
    verdict(sign(lab, { layout: "tag", change: { manifest: padded(defaultLimits.manifestBytes / 2) } })),
    "proven",
  );
});

attack(70, "layers without number, as a list and as an index", () => {
  const descriptor = { mediaType: "x", digest: `sha256:${"0".repeat(64)}`, size: 1 };
  for (const key of ["layers", "manifests"]) {
    const manifest = (count: number) => jsonBytes({ schemaVersion: 2, [key]: many(count, () => descriptor) });
    assert.throws(() => parseManifest(manifest(20_000), defaultLimits), overLimit);
    assert.throws(() => parseManifest(manifest(defaultLimits.layersPerManifest + 1), defaultLimits), overLimit);
    parseManifest(manifest(defaultLimits.layersPerManifest), defaultLimits);
  }
  // An index under the signatures' tag holds no layers of its own, and its children are not followed.
  const signed = accepts({ layout: "tag" });
  const [image, kept] = signed.store.manifests;
  const store = new Store();
  store.blobs.push(...signed.store.blobs);
  if (image !== undefined) store.manifests.push(image);
  const { bytes: _, ...child } = store.manifest(signed.repository, kept?.bytes);
  store.manifest(
    signed.repository,
    { schemaVersion: 2, manifests: [child] },
    associatedTag(signed.digest, "signature"),
  );
  assert.is(
    verdict(signed, { knowledge: withTrust(store.knowledge(), signed.trustedRoot, lab.now) }),
    "refuted: malformed",
  );
});

run();
