/**
 * Attacks with more than one signature, entry, timestamp or signer: parts of several that together look like one whole.
 * Source: docs/attacks.md.
 */
import * as assert from "uvu/assert";
import { type Changes, type Json, type Recipe, sign, type Signed, strangers, together, verdict } from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { withEntry } from "./other-answers.ts";
import { accepts, decided, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("several-signers");

const layouts: readonly Recipe[] = [{ layout: "tag" }, { layout: "artifact" }, {}];
const otherKey: Changes = { signingKey: (_, made) => made.key("mallory") };
const keys = (...pems: readonly string[]): Json => ({
  attestors: [{ count: 2, entries: pems.map((publicKeys) => ({ keys: { publicKeys, rekor: { ignoreTlog: true } } })) }],
});

attack(126, "one key's signature twice for two entries that name two keys", () => {
  for (const layout of ["tag", "artifact"] as const) {
    const signed = accepts({ layout });
    const second = sign(lab, { layout, change: { signingKey: (_, made) => made.key("other") } });
    const asked = { policy: withEntry(keys(lab.key().pem, lab.key("other").pem)) };
    assert.is(decided(together(signed, second), asked), "allowed");
    const twice = together(signed, sign(lab, { layout, annotations: { again: "1" } }));
    assert.is(decided(twice, asked), "denied: wrong-key");
  }
});

attack(127, "one key under two spellings of its PEM counts for two entries only if the policy lists it twice", () => {
  const signed = accepts({ layout: "tag" });
  const other = lab.key("other").pem;
  for (const pems of [
    [signed.attestor.keys?.pem ?? "", other],
    [other, `# note\n${signed.attestor.keys?.pem ?? ""}`],
  ])
    assert.match(decided(signed, { policy: withEntry(keys(...pems)) }), /^denied: /);
});

attack(128, "identity and annotations come from two signatures, each of which has one of both", () => {
  for (const layout of ["tag", "artifact"] as const) {
    const named = sign(lab, { layout, by: "certificate" });
    const annotated = sign(lab, {
      layout,
      by: "certificate",
      annotations: { channel: "stable" },
      identity: { names: [{ email: "eve@evil.example" }], extensions: { issuer: "https://issuer.evil.example" } },
    });
    const both = together(named, annotated);
    const asked = { attestor: { ...named.attestor, annotations: { channel: "stable" } } };
    assert.is(verdict(both), "proven");
    assert.match(verdict(both, asked), /^refuted: /);
  }
});

attack(129, "the signature of one layer beside the payload, certificate or entry of another", () => {
  for (const layout of ["tag", "artifact"] as const)
    for (const by of ["key", "certificate"] as const) {
      const recipe: Recipe = { layout, by };
      const other = accepts({ ...recipe, repository: "registry.lab.example/team/other" });
      const annotations = other.store.manifests.at(-1);
      const held = JSON.parse(new TextDecoder().decode(annotations?.bytes)).layers[0].annotations;
      for (const name of Object.keys(held)) {
        const signed = sign(lab, { ...recipe, change: { layer: (made) => ({ ...made, [name]: held[name] }) } });
        if (held[name] !== lastAnnotations(accepts(recipe))[name])
          assert.match(verdict(signed), /^refuted: /, `${layout} ${by} ${name}`);
      }
    }
});
const lastAnnotations = (signed: Signed): Json =>
  JSON.parse(new TextDecoder().decode(signed.store.manifests.at(-1)?.bytes)).layers[0].annotations;

attack(130, "a stranger's good signature beside the wanted signer's bad one", () => {
  for (const recipe of layouts) {
    const bad = sign(lab, { ...recipe, change: otherKey });
    const stranger = sign(lab, { ...recipe, change: { signingKey: (_, made) => made.key("stranger") } });
    const both = { ...together(bad, stranger), attestor: bad.attestor };
    assert.match(verdict(both), /^refuted: /);
  }
});

attack(131, "a bundle with two envelopes' signatures, or with a message signature beside an envelope", () => {
  for (const change of [
    (bundle: Json) => ({
      ...bundle,
      dsseEnvelope: {
        ...bundle.dsseEnvelope,
        signatures: [...bundle.dsseEnvelope.signatures, ...bundle.dsseEnvelope.signatures],
      },
    }),
    (bundle: Json) => ({ ...bundle, messageSignature: { signature: bundle.dsseEnvelope.signatures[0].sig } }),
    (bundle: Json) => ({ ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, signatures: [] } }),
  ])
    refuses("malformed", {}, { bundle: change });
});

attack(132, "a bundle with a key's hint and a certificate, or with neither", () => {
  const material = (change: (material: Json) => Json): Changes => ({
    bundle: (bundle) => ({ ...bundle, verificationMaterial: change(bundle.verificationMaterial) }),
  });
  for (const by of ["key", "certificate"] as const) {
    const { publicKey, certificate } = {
      publicKey: { hint: "eA==" },
      certificate: JSON.parse(accepts({ by: "certificate" }).bundle ?? "{}").verificationMaterial?.certificate,
    };
    refuses(
      "malformed",
      { by },
      material((made) => ({ ...made, publicKey, certificate })),
    );
    refuses(
      "malformed",
      { by },
      material(({ publicKey: _, certificate: __, ...made }) => made),
    );
  }
});

attack(133, "a stranger's timestamp beside none of ours, and ours of another signature beside a stranger's", () => {
  const recipe: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
  const other = accepts({ ...recipe, repository: "registry.lab.example/team/other" });
  const theirs = sign(strangers(lab), recipe);
  refuses("bad-timestamp", recipe, { timestamps: () => theirs.timestamps ?? [] });
  refuses("bad-timestamp", recipe, { timestamps: () => [...(theirs.timestamps ?? []), ...(other.timestamps ?? [])] });
});

attack(134, "an entry of a trusted log about a stranger's signature of the same image", () => {
  for (const recipe of layouts) {
    const stranger = sign(lab, { ...recipe, change: otherKey });
    refuses("bad-log-proof", recipe, { entries: () => stranger.entries });
  }
});

attack(135, "a nested set of attestors that asks for none, or for more than there are", () => {
  const signed = accepts({ layout: "tag" });
  const entry = { keys: { publicKeys: signed.attestor.keys?.pem, rekor: { url: "https://r" } } };
  const nested = (count: number) => ({ attestors: [{ entries: [{ attestor: { count, entries: [entry] } }] }] });
  assert.is(decided(signed, { policy: withEntry(nested(1)) }), "allowed");
  for (const count of [0, -1, 2])
    assert.throws(() => decided(signed, { policy: withEntry(nested(count)) }), /count/i, String(count));
});

run();
