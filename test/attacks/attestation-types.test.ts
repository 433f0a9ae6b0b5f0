/**
 * Attacks on what a statement is and about whom: another predicate type, no statement at all, a signature for an
 * attestation, the wrong subject.
 */
import * as assert from "uvu/assert";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { cosignSignPredicateType } from "../../core/dsse/predicate-types.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import {
  type Changes,
  decide,
  type Json,
  labPredicateType,
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
import { accepts, decided, lab, refuses, refusesAsked } from "./refuses.ts";

const { attack, run } = attackSuite("attestation-types");

const attested: readonly Recipe[] = [
  { claim: "attestation", layout: "tag" },
  { claim: "attestation", layout: "artifact" },
  { claim: "attestation" },
  { claim: "attestation", by: "certificate", evidence: ["rekor2", "timestamp"] },
];
const everywhere = [...attested, { claim: "attestation", layout: "file" }] as const satisfies readonly Recipe[];
const of = (predicateType: string): Changes => ({ payload: (payload) => ({ ...payload, predicateType }) });

attack(54, "an attestation of another type by the right signer, kept under annotations of the required type", () => {
  for (const recipe of attested) {
    refuses("no-attestation", recipe, of("https://slsa.dev/provenance/v1"));
    for (const near of [
      `${labPredicateType}/`,
      ` ${labPredicateType}`,
      labPredicateType.toUpperCase(),
      labPredicateType.slice(0, -1),
      `${labPredicateType}\0`,
    ])
      refuses("no-attestation", recipe, of(near));
  }
});

attack(54, "the right type by a stranger beside another type by the right signer", () => {
  for (const recipe of attested.filter(({ by }) => by === undefined)) {
    const right = sign(lab, { ...recipe, change: of("https://slsa.dev/provenance/v1") });
    const stranger = sign(lab, { ...recipe, change: { signingKey: () => lab.key("stranger") } });
    assert.is(verdict(together(right, stranger)), "refuted: wrong-key");
    assert.is(verdict(together(right, stranger, accepts(recipe))), "proven");
  }
});

attack(
  54,
  "no attestation at all, an empty list of layers, and a policy that asks for two types of which one is there",
  () => {
    for (const recipe of attested) refuses("no-attestation", recipe, { store: (store) => store.manifests.splice(1) });
    refuses("no-attestation", attested[0] as Recipe, { manifest: (manifest) => ({ ...manifest, layers: [] }) });
    const both = (policy: Json): Json => {
      const [entry] = policy.spec.rules[0].verifyImages;
      const [first] = entry.attestations;
      entry.attestations.push({ ...first, type: "https://slsa.dev/provenance/v1" });
      return policy;
    };
    const one = sign(lab, { claim: "attestation" });
    const two = together(one, sign(lab, { claim: "attestation", predicateType: "https://slsa.dev/provenance/v1" }));
    for (const verifier of verifiers) {
      assert.is(decide(one, verifier).allowed, true);
      assert.is(decide(one, verifier, { policy: both }).allowed, false);
      assert.is(decide(two, verifier, { policy: both }).allowed, true);
    }
  },
);

attack(55, "a payload that is no statement, signed and logged", () => {
  for (const recipe of everywhere)
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '"statement"',
      "not JSON",
      '{"predicateType":"x"}',
      "{}{}",
      '{"_type":"https://in-toto.io/Statement/v1"}',
    ])
      refuses("malformed", recipe, { payload: () => encodeUtf8(text) });
});

attack(55, "a statement whose own type is another, or whose predicate is no object", () => {
  for (const recipe of everywhere) {
    refuses("malformed", recipe, { payload: (payload) => ({ ...payload, _type: "https://in-toto.io/Statement/v2" }) });
    for (const predicate of ["approved", ["approved"], true, 1])
      refuses("malformed", recipe, { payload: (payload) => ({ ...payload, predicate }) });
    // Proven as a statement, and nothing that a policy could judge.
    for (const predicate of [null, undefined]) {
      const signed = sign(lab, { ...recipe, change: { payload: (payload) => ({ ...payload, predicate }) } });
      assert.is(verdict(signed), "proven");
      if (recipe.layout !== "file") assert.is(decided(signed), "denied: malformed");
    }
  }
});

/** The same store, asked as though it were about the other claim. */
const askedAs = (signed: Signed, claim: "signature" | "attestation", predicateType = signed.predicateType): Signed => ({
  ...signed,
  recipe: { ...signed.recipe, claim },
  predicateType,
});

attack(56, "an attestation of any type in a bundle where a signature is required", () => {
  for (const recipe of attested) assert.is(verdict(askedAs(accepts(recipe), "signature")), "refuted: no-signature");
  const signed = accepts({ claim: "attestation" });
  for (const verifier of verifiers) assert.is(decide(askedAs(signed, "signature"), verifier).allowed, false);
});

attack(56, "an attestation's layer under the signatures' tag, its signature in the annotation", () => {
  const recipe: Recipe = { claim: "attestation", layout: "tag", evidence: [] };
  for (const annotate of [false, true]) {
    const moved = sign(lab, {
      ...recipe,
      change: {
        layer: (annotations, { signature }) =>
          annotate
            ? { ...annotations, "dev.cosignproject.cosign/signature": Buffer.from(signature).toString("base64") }
            : annotations,
      },
    });
    const store = new Store();
    store.blobs.push(...moved.store.blobs);
    for (const manifest of moved.store.manifests)
      store.manifests.push(
        manifest.tag?.endsWith(".att") === true
          ? { ...manifest, tag: associatedTag(moved.digest, "signature") }
          : manifest,
      );
    const knowledge = withTrust(store.knowledge(), moved.trustedRoot, lab.now);
    assert.is(verdict(askedAs(moved, "signature"), { knowledge }), "refuted: wrong-key");
  }
});

attack(56, "a signature where an attestation of cosign's own predicate type is required", () => {
  for (const recipe of [{ layout: "bundle" }, { layout: "artifact" }, { layout: "tag" }] as const)
    assert.is(verdict(askedAs(accepts(recipe), "attestation", cosignSignPredicateType)), "refuted: no-attestation");
});

const digestOfNothing = "0".repeat(64);
const other = (annotations?: Json): Json => ({
  digest: { sha256: digestOfNothing },
  ...(annotations === undefined ? {} : { annotations }),
});
const subjects =
  (make: (own: Json) => readonly Json[]) =>
  (payload: Json): Json => ({ ...payload, subject: make(payload.subject[0]) });

attack(57, "the required annotation belongs to another image's subject", () => {
  const recipe: Recipe = { annotations: { team: "a" } };
  const asked = { attestor: (spec: object) => ({ ...spec, annotations: { team: "a" } }) };
  refusesAsked("wrong-annotations", sign(lab), asked);
  for (const wrong of [(own: Json) => [other({ team: "a" }), own], (own: Json) => [own, other({ team: "a" })]]) {
    const strip = (own: Json): Json => ({ digest: own.digest });
    refuses("wrong-annotations", recipe, { payload: subjects((own) => wrong(strip(own))) }, asked);
    refuses(
      "wrong-annotations",
      recipe,
      { payload: subjects((own) => wrong({ ...own, annotations: { team: "b" } })) },
      asked,
    );
    assert.is(verdict(sign(lab, { ...recipe, change: { payload: subjects(wrong) } }), asked), "proven");
  }
  // Of two subjects that name the image the first one counts.
  refuses("wrong-annotations", recipe, { payload: subjects((own) => [{ digest: own.digest }, own]) }, asked);
});

attack(57, "no subject is the image: another's, none, or the digest in the place of a name", () => {
  const named = (digest: Digest): Json => ({ name: digest, digest: { sha256: digestOfNothing } });
  for (const recipe of everywhere) {
    refuses("wrong-digest", recipe, { payload: subjects(() => [other()]) });
    refuses("wrong-digest", recipe, { payload: subjects(() => []) });
    refuses("wrong-digest", recipe, { payload: subjects((own) => [named(`sha256:${own.digest.sha256}`)]) });
    assert.is(
      verdict(sign(lab, { ...recipe, change: { payload: subjects((own) => [other(), own, other()]) } })),
      "proven",
    );
  }
});

run();
