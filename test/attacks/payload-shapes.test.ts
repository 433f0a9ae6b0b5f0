/**
 * Attacks on the shapes of signed and stored documents: digests spelled otherwise, another repository, values of every
 * wrong type, content encoded twice.
 */
import * as assert from "uvu/assert";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError } from "../../core/errors.ts";
import { parseManifest } from "../../core/oci/manifest.ts";
import {
  decide,
  type EntryBody,
  type Json,
  type Recipe,
  sign,
  Store,
  verdict,
  verifiers,
  withTrust,
  type Asked,
  outcome,
  type Signed,
  verify,
  fastVerifier,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, refuses } from "./refuses.ts";
import { defaultLimits } from "../../core/limits.ts";

const { attack, run } = attackSuite("payload-shapes");

const spellings: readonly ((digest: string) => string)[] = [
  (digest) => digest.toUpperCase(),
  (digest) => digest.replace("sha256", "SHA256"),
  (digest) => `sha256:${digest.slice(7).toUpperCase()}`,
  (digest) => ` ${digest}`,
  (digest) => `${digest}\n`,
  (digest) => digest.slice(0, -1),
  (digest) => digest.slice(0, -2),
  (digest) => `${digest}00`,
  (digest) => digest.slice(7),
  (digest) => digest.replace("sha256", "sha512"),
  (digest) => `sha256:${digest}`,
  () => "",
];

attack(64, "the digest of a simple signing payload in another spelling", () => {
  const named = (change: (digest: string) => Json) => (payload: Json) => {
    const { critical } = payload;
    return {
      ...payload,
      critical: { ...critical, image: { "docker-manifest-digest": change(critical.image["docker-manifest-digest"]) } },
    };
  };
  for (const layout of ["tag", "artifact"] as const) {
    for (const spelling of spellings) refuses("wrong-digest", { layout }, { payload: named(spelling) });
    refuses("malformed", { layout }, { payload: named((digest) => [digest]) });
  }
});

attack(64, "the digest of a statement's subject in another spelling", () => {
  const named = (change: (hex: string) => string) => (payload: Json) => ({
    ...payload,
    subject: [{ ...payload.subject[0], digest: { sha256: change(payload.subject[0].digest.sha256) } }],
  });
  for (const spelling of spellings) {
    const text = (hex: string): string =>
      spelling(`sha256:${hex}`) === hex ? `sha256:${hex}` : spelling(`sha256:${hex}`).replace("sha256:", "");
    refuses("wrong-digest", { claim: "attestation", layout: "tag" }, { payload: named(text) });
    for (const recipe of [{ claim: "attestation" }, {}] as const) {
      const signed = accepts(recipe);
      const isHex = /^([0-9a-fA-F]{2})+$/.test(text(signed.digest.slice(7)));
      refuses(isHex ? "wrong-digest" : "malformed", recipe, { payload: named(text) });
    }
  }
});

attack(64, "the digest of an image reference, and of a descriptor, in another spelling", () => {
  const signed = accepts({ layout: "tag" });
  for (const verifier of verifiers) {
    const at = (digest: string) => ({
      pod: (pod: Json) => ({
        ...pod,
        spec: { containers: [{ name: "app", image: `${signed.repository}@${digest}` }] },
      }),
    });
    assert.is(decide(signed, verifier, at(signed.digest)).allowed, true);
    for (const spelling of spellings)
      assert.is(decide(signed, verifier, at(spelling(signed.digest))).allowed, false, spelling(signed.digest));
  }
  for (const spelling of spellings) {
    const manifest = {
      schemaVersion: 2,
      config: { mediaType: "x", digest: spelling(signed.digest), size: 1 },
      layers: [],
    };
    assert.throws(
      () => parseManifest(encodeUtf8(JSON.stringify(manifest)), defaultLimits),
      (error: unknown) => error instanceof EngineError && error.code === "malformed",
    );
  }
});

attack(65, "must be accepted: the payload names another repository, or none, with the same digest", () => {
  const from = (identity: Json) => (payload: Json) => ({ ...payload, critical: { ...payload.critical, identity } });
  for (const layout of ["tag", "artifact"] as const) {
    for (const identity of [
      { "docker-reference": "registry.evil.example/other/app" },
      { "docker-reference": "" },
      {},
      null,
    ])
      assert.is(verdict(sign(lab, { layout, change: { payload: from(identity) } })), "proven");
    refuses("malformed", { layout }, { payload: from({ "docker-reference": 1 }) });
  }
});

attack(65, "signatures copied to another image in another repository, under either image's tag", () => {
  const signed = accepts({ layout: "tag" });
  const elsewhere = accepts({ layout: "tag", repository: "registry.lab.example/team/other", tag: "v2" });
  assert.is.not(elsewhere.digest, signed.digest);
  for (const [image, code] of [
    [signed.digest, "no-signature"],
    [elsewhere.digest, "wrong-digest"],
  ] as const) {
    const store = new Store();
    for (const { bytes } of signed.store.blobs) store.blobs.push({ repository: elsewhere.repository, bytes });
    store.manifest(elsewhere.repository, elsewhere.artifact, elsewhere.tag);
    store.manifest(elsewhere.repository, signed.store.manifests[1]?.bytes, associatedTag(image, "signature"));
    const knowledge = withTrust(store.knowledge(), elsewhere.trustedRoot, lab.now);
    assert.is(verdict(elsewhere, { knowledge }), `refuted: ${code}`);
  }
});

/** Every place of a document, as a path. */
function placesOf(value: Json, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  const below =
    value === null || typeof value !== "object"
      ? []
      : Object.keys(value).map((key) => (Array.isArray(value) ? Number(key) : key));
  return [path, ...below.flatMap((key) => placesOf(value[key], [...path, key]))];
}

function replaced(value: Json, [key, ...rest]: readonly (string | number)[], replacement: Json): Json {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = replaced(copy[key], rest, replacement);
  return copy;
}

const wrongValues: readonly Json[] = [null, [], [null], { "": {} }, -1, 1.5, "", "x", true];
const textOf = (value: Json): Uint8Array => encodeUtf8(JSON.stringify(value));

const label = (path: readonly (string | number)[], value: Json): string =>
  `${path.join("/")} = ${JSON.stringify(value)}`;

/**
 * Each place of the document with each value of another type: what `verdictOf` says, which must not throw. The accepted
 * ones, to be compared.
 */
function accepted(document: Json, verdictOf: (changed: Json) => string, values = wrongValues): readonly string[] {
  const kept: string[] = [];
  for (const path of placesOf(document))
    for (const value of values) {
      const said = verdictOf(replaced(document, path, value));
      if (said === "proven") kept.push(label(path, value));
      // Without its annotation a layer has no log entry, and nobody asked the log.
      else assert.match(said, /^refuted: |^unknown: not-in-mirror$/, label(path, value));
    }
  return kept;
}

/** The verdict of one adapter: what has the wrong shape comes to neither. */
const said = (signed: Signed, asked: Asked = {}): string => outcome(verify(signed, fastVerifier, asked));

attack(66, "every place of a bundle holds null, a list, an object, a number or a text", () => {
  const hint = "verificationMaterial/publicKey";
  for (const [recipe, harmless] of [
    [
      { layout: "file", by: "certificate" },
      /^dsseEnvelope\/signatures\/0\/keyid = (null|"x"|"")$|integratedTime = |inclusionPromise/,
    ],
    [{ layout: "file", claim: "blob" }, new RegExp(`^${hint}(/hint)? = |integratedTime|inclusionPromise`)],
  ] as const) {
    const signed = accepts(recipe as Recipe);
    const left = accepted(JSON.parse(signed.bundle ?? ""), (changed) =>
      said({ ...signed, bundle: JSON.stringify(changed) }),
    );
    for (const each of left) assert.match(each, harmless);
  }
});

attack(66, "every place of a statement, signed", () => {
  for (const recipe of [
    { claim: "attestation", layout: "tag", evidence: [] },
    { claim: "attestation", evidence: [] },
  ] as const) {
    const document = JSON.parse(decodeUtf8(accepts(recipe).making.payload));
    const left = accepted(document, (changed) =>
      said(sign(lab, { ...recipe, change: { payload: () => textOf(changed) } })),
    );
    for (const each of left) assert.match(each, /^predicate(\/reviewers(\/0)?)? = |^subject\/0\/name = (null|"|"x")/);
  }
});

attack(66, "every place of a simple signing payload, signed", () => {
  const recipe: Recipe = { layout: "tag", annotations: { team: "a" }, evidence: [] };
  const document = JSON.parse(decodeUtf8(accepts(recipe).making.payload));
  const asked = { attestor: (spec: object) => ({ ...spec, annotations: { team: "a" } }) };
  const left = accepted(document, (changed) =>
    said(sign(lab, { ...recipe, change: { payload: () => textOf(changed) } }), asked),
  );
  for (const each of left) assert.match(each, /^critical\/(identity|type)/);
});

attack(66, "every place of a log entry's body, logged and promised", () => {
  for (const recipe of [
    { layout: "tag" },
    {},
    { evidence: ["rekor2", "timestamp"] },
  ] as const satisfies readonly Recipe[]) {
    const body = JSON.parse(decodeUtf8(accepts(recipe).entries[0]?.body ?? new Uint8Array(0)));
    const left = accepted(body, (changed) => said(sign(lab, { ...recipe, change: { body: () => textOf(changed) } })), [
      null,
      [null],
      -1,
      "x",
    ]);
    // A bundle does not keep the bytes of its envelope: their hash cannot be compared, as in sigstore-go.
    for (const each of left) assert.match(each, /^spec\/envelopeHash/);
  }
});

attack(66, "every place of a layer's log annotation, and of the manifest that holds it", () => {
  const name = "dev.sigstore.cosign/bundle";
  const signed = accepts({ layout: "tag" });
  const [image, kept] = signed.store.manifests;
  if (image === undefined || kept === undefined) throw new Error("an image and its signatures");
  const manifest = JSON.parse(decodeUtf8(kept.bytes));
  const serving = (changed: Json): string => {
    const store = new Store();
    store.blobs.push(...signed.store.blobs);
    store.manifests.push(image);
    store.manifest(kept.repository, textOf(changed), kept.tag);
    return said({ ...signed, knowledge: withTrust(store.knowledge(), signed.trustedRoot, lab.now) });
  };
  const left = accepted(manifest, serving);
  for (const each of left) assert.match(each, /^(schemaVersion|mediaType|config)|^layers\/0\/(mediaType|size)/);
  const annotation = JSON.parse(manifest.layers[0].annotations[name]);
  const inAnnotation = (changed: Json): Json =>
    replaced(manifest, ["layers", 0, "annotations", name], JSON.stringify(changed));
  assert.equal(
    accepted(annotation, (changed) => serving(inAnnotation(changed))),
    [],
  );
});

attack(67, "intoto 0.0.2 keeps base64 of base64: once is another signature, twice the given one", () => {
  const recipe: Recipe = { claim: "attestation", layout: "tag", entryKind: "intoto 0.0.2" };
  const sig = (change: (text: string) => string) => (body: EntryBody) => {
    const [signature] = body.spec.content.envelope.signatures;
    body.spec.content.envelope.signatures[0] = { ...signature, sig: change(signature.sig) };
    return body;
  };
  const once = (text: string): string => Buffer.from(text, "base64").toString("latin1");
  for (const bundle of [recipe, { ...recipe, layout: "file" }] as const) {
    refuses("malformed", bundle, { body: sig(once) });
    refuses("bad-log-proof", bundle, { body: sig((text) => encodeBase64(encodeUtf8(text))) });
    refuses("bad-log-proof", bundle, { body: sig(() => encodeBase64(encodeUtf8(encodeBase64(new Uint8Array(70))))) });
  }
});

attack(67, "the digest of an envelope's payload, or of its text in base64", () => {
  const recipe: Recipe = { claim: "attestation", layout: "tag", entryKind: "intoto 0.0.2" };
  const value = "0".repeat(64);
  for (const layout of ["tag", "file"] as const)
    refuses(
      "bad-log-proof",
      { ...recipe, layout },
      {
        body: (body) => {
          body.spec.content.payloadHash = { algorithm: "sha256", value };
          return body;
        },
      },
    );
  refuses("bad-log-proof", recipe, {
    body: (body) => {
      body.spec.content.hash = body.spec.content.payloadHash;
      return body;
    },
  });
});

run();
