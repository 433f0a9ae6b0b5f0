/**
 * Attacks on manifests, indexes, referrers and their annotations: what is listed, what it says it is, and whose it is.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { type Json, putImage, type Recipe, sign, type Signed, Store, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { altered, beside, withImage } from "./other-answers.ts";
import { accepts, allowed, decided, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("manifests");

const layers: readonly Recipe[] = [{ layout: "tag" }, { layout: "artifact" }];
const referrers: readonly Recipe[] = [{ layout: "artifact" }, {}];
const all = [...layers, {}];
const none = /^refuted: |^unknown: /;

attack(136, "a child of a signed index is run by its own digest, which nobody signed", () => {
  for (const layout of ["tag", "bundle"] as const) {
    const signed = accepts({ layout, image: "index" });
    const [child] = JSON.parse(new TextDecoder().decode(signed.store.manifests.at(-2)?.bytes)).manifests ?? [];
    const index = signed.store.manifests.find(({ digest }) => digest === signed.digest);
    const manifests = JSON.parse(new TextDecoder().decode(index?.bytes)).manifests;
    assert.is(decided(signed), "allowed");
    for (const { digest } of [child, ...manifests].filter((made) => made !== undefined))
      assert.match(decided(signed, { pod: withImage(`${signed.repository}@${digest}`) }), /^denied: no-signature/);
  }
});

attack(137, "an image that is signed stands in an index that nobody signed", () => {
  const signed = accepts({ layout: "tag" });
  const store = new Store();
  const image = signed.store.manifests.find(({ digest }) => digest === signed.digest);
  const manifests = [{ mediaType: "x", digest: signed.digest, size: image?.bytes.length }];
  const index = store.manifest(signed.repository, {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests,
  });
  const knowledge = altered(signed, () => undefined, store);
  assert.match(decided(signed, { knowledge, pod: withImage(`${signed.repository}@${index.digest}`) }), /^denied: /);
});

attack(138, "a manifest that is an image and an index at once", () => {
  for (const change of [
    (made: Json) => ({ ...made, manifests: [{ mediaType: "x", digest: `sha256:${"0".repeat(64)}`, size: 1 }] }),
    (made: Json) => ({ ...made, mediaType: "application/vnd.oci.image.index.v1+json" }),
  ]) {
    const signed = sign(lab, { layout: "tag", change: { manifest: change } });
    assert.match(verdict(signed), none);
  }
});

attack(139, "a member of the signature's manifest twice: layers, config, subject", () => {
  for (const recipe of all)
    for (const member of ["layers", "config", "mediaType"])
      assert.match(
        verdict(
          sign(lab, {
            ...recipe,
            change: {
              manifest: (made) => {
                const text = JSON.stringify(made);
                return encodeUtf8(`${text.slice(0, -1)},${JSON.stringify(member)}:${JSON.stringify(made[member])}}`);
              },
            },
          }),
        ),
        none,
      );
});

attack(140, "the referrer's subject is another image, or has the right digest and another size or type", () => {
  for (const recipe of referrers) {
    refuses("no-signature", recipe, {
      manifest: (made) => ({ ...made, subject: { ...made.subject, digest: `sha256:${"0".repeat(64)}` } }),
    });
    refuses("no-signature", recipe, { manifest: ({ subject: _, ...made }: Json) => made });
  }
});

attack(141, "a referrer is listed under the image whose subject names another one", () => {
  for (const recipe of referrers) {
    const signed = accepts(recipe);
    const other = accepts({ ...recipe, repository: "registry.lab.example/team/other" });
    const listed = other.knowledge.answer({
      kind: "referrers",
      repository: other.repository,
      digest: other.digest,
    });
    const knowledge = altered(
      signed,
      (question) => (question.kind === "referrers" && listed?.state === "present" ? listed.value : undefined),
      other.store,
    );
    assert.match(verdict(signed, { knowledge }), none);
  }
});

attack(142, "a referrer says in its list that it is a signature, and is an attestation", () => {
  const attested = accepts({ claim: "attestation" });
  const relabelled = altered(attested, (question) => {
    if (question.kind !== "referrers") return undefined;
    const held = attested.knowledge.answer(question);
    return held?.state === "present"
      ? held.value.map((one) => ({
          ...one,
          annotations: { "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1" },
        }))
      : undefined;
  });
  assert.match(
    verdict({ ...attested, recipe: { ...attested.recipe, claim: "signature" } }, { knowledge: relabelled }),
    none,
  );
});

attack(143, "an annotation of the manifest claims another predicate type than the signed one", () => {
  const asked = "https://slsa.dev/provenance/v1";
  const signed = sign(lab, {
    claim: "attestation",
    change: {
      manifest: (made) => ({
        ...made,
        annotations: { ...made.annotations, "dev.sigstore.bundle.predicateType": asked },
      }),
    },
  });
  assert.match(verdict({ ...signed, predicateType: asked }), none);
});

attack(144, "a layer's annotation claims the predicate type that is asked for", () => {
  for (const layout of ["tag", "artifact"] as const) {
    const asked = "https://slsa.dev/provenance/v1";
    const signed = sign(lab, {
      claim: "attestation",
      layout,
      change: { layer: (made) => ({ ...made, predicateType: asked }) },
    });
    assert.match(verdict({ ...signed, predicateType: asked }), none);
  }
});

attack(145, "the signature's tag names the signature of another image, or the image itself", () => {
  const signed = accepts({ layout: "tag" });
  const other = beside(signed);
  const image = signed.store.manifests.find(({ digest }) => digest === signed.digest);
  for (const target of [other.descriptor.digest, signed.digest]) {
    const knowledge = altered(
      signed,
      (question) =>
        question.kind === "tag" && question.tag !== signed.tag
          ? { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: target, size: image?.bytes.length ?? 1 }
          : undefined,
      other.store,
    );
    assert.match(verdict(signed, { knowledge }), none);
  }
});

attack(146, "a layer's size that is negative, a fraction, a text, or beyond what a number holds", () => {
  for (const recipe of layers)
    for (const size of [-1, 1.5, "5", null, 1e300, 2 ** 53])
      assert.match(
        verdict(
          sign(lab, {
            ...recipe,
            change: { manifest: (made) => ({ ...made, layers: [{ ...made.layers[0], size }] }) },
          }),
        ),
        none,
        String(size),
      );
});

attack(147, "annotations whose values are no texts, or that are named as members of every object", () => {
  for (const recipe of layers)
    for (const more of [{ __proto__: null, x: 1 }, { x: null }, { x: ["a"] }]) {
      const signed = sign(lab, {
        ...recipe,
        change: {
          manifest: (made) => ({
            ...made,
            layers: [{ ...made.layers[0], annotations: { ...made.layers[0].annotations, ...more } }],
          }),
        },
      });
      assert.match(verdict(signed), none);
    }
  for (const recipe of layers)
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      const asked = {
        attestor: (spec: Json) => ({ ...spec, annotations: JSON.parse(`{${JSON.stringify(name)}:"x"}`) }),
      };
      assert.is(verdict(accepts(recipe), asked), "refuted: wrong-annotations", name);
    }
});

attack(148, "the registry serves other bytes under the digest of a signature's manifest", () => {
  for (const recipe of all) {
    const signed = accepts(recipe);
    const evil = putImage(new Store(), signed.repository, "evil").bytes;
    for (const { digest } of signed.store.manifests.slice(1)) {
      const swapped = altered(signed, (asked) =>
        asked.kind === "manifest" && asked.digest === digest ? evil : undefined,
      );
      assert.match(verdict(signed, { knowledge: swapped }), none);
    }
  }
});

attack(149, "an endless chain of signatures of signatures is not followed", () => {
  const signed: Signed = accepts({ layout: "tag" });
  const signature = signed.store.manifests.at(-1);
  assert.ok(signature);
  assert.match(
    decided(signed, { pod: withImage(`${signed.repository}@${signature.digest}`) }),
    /^denied: no-signature/,
  );
});

attack(150, "a signature that was withdrawn from the registry, and is still in an older answer", () => {
  const signed = accepts({ layout: "tag" });
  const gone = sign(lab, { layout: "tag", change: { store: (store) => store.manifests.splice(1) } });
  assert.ok(allowed(signed));
  assert.match(decided({ ...signed, knowledge: gone.knowledge }), /^denied: no-signature/);
});

run();
