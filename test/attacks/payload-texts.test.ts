/**
 * Attacks on how signed texts are written: weak digests, duplicate keys, names of the language, base64 and lengths in
 * other units, several signatures.
 */
import * as assert from "uvu/assert";
import { layerAnnotation } from "../../core/cosign/layer-annotation.ts";
import { encodePae, inTotoPayloadType } from "../../core/dsse/envelope.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { decodeUtf8, encodeUtf8 } from "../../core/encoding/utf8.ts";
import {
  type Changes,
  decide,
  type Json,
  jsonBytes,
  type LabKey,
  type Making,
  type Recipe,
  sign,
  verdict,
  verifiers,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { accepts, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("payload-texts");

const layers: readonly Recipe[] = [
  { claim: "attestation", layout: "tag" },
  { claim: "attestation", layout: "artifact" },
];
const bundles: readonly Recipe[] = [
  { claim: "attestation" },
  { claim: "attestation", layout: "file" },
  { by: "certificate" },
];
const statements = [...layers, ...bundles];
const simple: readonly Recipe[] = [{ layout: "tag" }, { layout: "artifact" }];

const withDigest =
  (make: (hex: string) => Json) =>
  (payload: Json): Json => ({
    ...payload,
    subject: [{ ...payload.subject[0], digest: make(payload.subject[0].digest.sha256) }],
  });

attack(58, "the subject's digest under another algorithm only, the right digits among them", () => {
  for (const recipe of statements) {
    for (const name of ["sha1", "gitCommit", "sha512", "SHA256", "sha-256", "sha256 ", "md5"])
      refuses("wrong-digest", recipe, { payload: withDigest((hex) => ({ [name]: hex })) });
    refuses("wrong-digest", recipe, {
      payload: withDigest(() => ({ sha1: "0".repeat(40), gitCommit: "0".repeat(40) })),
    });
    refuses("wrong-digest", recipe, { payload: withDigest(() => ({})) });
    assert.is(
      verdict(
        sign(lab, { ...recipe, change: { payload: withDigest((hex) => ({ sha1: "0".repeat(40), sha256: hex })) } }),
      ),
      "proven",
    );
  }
});

/** The payload's text with one more member in front of, or behind, those that it has. */
const doubled = (payload: Json, member: string, end: "front" | "back"): Uint8Array => {
  const text = JSON.stringify(payload);
  return encodeUtf8(end === "front" ? `{${member},${text.slice(1)}` : `${text.slice(0, -1)},${member}}`);
};

attack(59, "a member twice in a statement, and in its predicate", () => {
  for (const recipe of statements) {
    for (const end of ["front", "back"] as const)
      for (const member of [
        '"predicateType":"https://slsa.dev/provenance/v1"',
        '"subject":[]',
        '"predicate":{"approved":true}',
        '"_type":"x"',
      ])
        refuses("malformed", recipe, { payload: (payload) => doubled(payload, member, end) });
    refuses("malformed", recipe, {
      payload: (payload) =>
        encodeUtf8(
          JSON.stringify({ ...payload, predicate: { a: 0 } }).replace('{"a":0}', '{"approved":false,"approved":true}'),
        ),
    });
    // Go's decoder also takes a member in other letters: here it is an unknown one.
    refuses("malformed", recipe, { payload: (payload) => doubled(payload, '"Subject":[]', "back") });
  }
});

attack(59, "a member twice in an envelope or bundle", () => {
  for (const recipe of layers)
    refuses("malformed", recipe, {
      store: (store, { envelope }) =>
        replaceLayer(store, decodeUtf8(envelope ?? new Uint8Array(0)), (text) => `{"payload":"",${text.slice(1)}`),
    });
  for (const recipe of bundles.filter(({ layout }) => layout === "file")) {
    const signed = accepts(recipe);
    assert.is(
      verdict({
        ...signed,
        bundle: (signed.bundle ?? "").replace('"dsseEnvelope":{', '"dsseEnvelope":{"payload":"",'),
      }),
      "refuted: malformed",
    );
    assert.is(
      verdict({ ...signed, bundle: (signed.bundle ?? "").replace('"tlogEntries"', '"tlogEntries":[],"tlogEntries"') }),
      "refuted: malformed",
    );
  }
});

attack(
  59,
  "a member twice in a simple signing payload: the last one counts, as in cosign, for digest and annotations alike",
  () => {
    const image = (digest: string): string =>
      `"critical":{"image":{"docker-manifest-digest":"${digest}"},"type":"cosign container image signature"}`;
    const foreign = `sha256:${"0".repeat(64)}`;
    const asked = { attestor: (spec: object) => ({ ...spec, annotations: { team: "a" } }) };
    for (const recipe of simple) {
      refuses("wrong-digest", recipe, { payload: (payload) => doubled(payload, image(foreign), "back") });
      refuses("wrong-digest", recipe, {
        payload: (payload) => doubled(payload, image(foreign).replace("critical", "CRITICAL"), "back"),
      });
      assert.is(
        verdict(sign(lab, { ...recipe, change: { payload: (payload) => doubled(payload, image(foreign), "front") } })),
        "proven",
      );
      const annotated: Recipe = { ...recipe, annotations: { team: "a" } };
      refuses(
        "wrong-annotations",
        annotated,
        { payload: (payload) => doubled(payload, '"optional":{"team":"b"}', "back") },
        asked,
      );
      refuses(
        "wrong-annotations",
        annotated,
        { payload: (payload) => doubled(payload, '"optional":null', "back") },
        asked,
      );
    }
  },
);

/** Stores the layer's text changed, and the manifests that name it. The signature's own log entry stays as it is. */
function replaceLayer(
  store: Parameters<NonNullable<Changes["store"]>>[0],
  text: string,
  change: (text: string) => string,
): void {
  const blob = store.blobs.find(({ bytes }) => decodeUtf8(bytes) === text);
  const manifest = store.manifests.at(-1);
  if (blob === undefined || manifest === undefined) throw new Error("no such layer");
  const json = JSON.parse(decodeUtf8(manifest.bytes));
  json.layers[0] = {
    ...json.layers[0],
    ...store.blob(blob.repository, encodeUtf8(change(text)), json.layers[0].mediaType),
  };
  store.manifests.pop();
  store.manifest(manifest.repository, json, manifest.tag);
}

const own = (text: string): Json => JSON.parse(text);
const isUnpolluted = (): boolean =>
  !("approved" in {}) && !("team" in {}) && Object.getPrototypeOf({}) === Object.prototype;

attack(60, "a predicate with __proto__ or constructor.prototype where a condition reads a member", () => {
  const approved = (policy: Json): Json => {
    policy.spec.rules[0].verifyImages[0].attestations[0].conditions = [
      { all: [{ key: "{{ approved || `false` }}", operator: "Equals", value: true }] },
    ];
    return policy;
  };
  const signed = (predicate: Json) => sign(lab, { claim: "attestation", predicate });
  for (const verifier of verifiers) {
    assert.is(decide(signed({ approved: true }), verifier, { policy: approved }).allowed, true);
    for (const text of [
      '{"__proto__":{"approved":true}}',
      '{"constructor":{"prototype":{"approved":true}}}',
      '{"a":{"__proto__":{"approved":true}}}',
    ])
      assert.is(decide(signed(own(text)), verifier, { policy: approved }).allowed, false, text);
    assert.ok(isUnpolluted());
  }
});

attack(60, "a required annotation under __proto__, or one that every object of the language has", () => {
  const annotated: readonly Recipe[] = [{ layout: "tag" }, { layout: "bundle" }];
  for (const recipe of annotated) {
    const inside = (text: string) => (payload: Json) =>
      recipe.layout === "tag"
        ? { ...payload, optional: own(text) }
        : { ...payload, subject: [{ ...payload.subject[0], annotations: own(text) }] };
    const asked = (annotations: Json) => ({ attestor: (spec: object) => ({ ...spec, annotations }) });
    const team = { ...recipe, change: { payload: inside('{"team":"a"}') } };
    refuses("wrong-annotations", team, { payload: inside('{"__proto__":{"team":"a"}}') }, asked({ team: "a" }));
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      const text = String(({} as Record<string, unknown>)[name]);
      assert.is(verdict(sign(lab, recipe), asked({ [name]: text })), "refuted: wrong-annotations");
      assert.is(
        verdict(
          sign(lab, { ...recipe, change: { payload: inside(JSON.stringify({ [name]: text })) } }),
          asked({ [name]: text }),
        ),
        "proven",
      );
    }
    assert.is(
      verdict(
        sign(lab, { ...recipe, change: { payload: inside('{"__proto__":"x"}') } }),
        asked(own('{"__proto__":"x"}')),
      ),
      "proven",
    );
    assert.is(
      verdict(
        sign(lab, { ...recipe, change: { payload: inside('{"__proto__":"y"}') } }),
        asked(own('{"__proto__":"x"}')),
      ),
      "refuted: wrong-annotations",
    );
  }
  assert.ok(isUnpolluted());
});

attack(60, "digests under __proto__, and a layer whose annotations are", () => {
  for (const recipe of statements) {
    refuses("malformed", recipe, { payload: withDigest((hex) => own(`{"__proto__":{"sha256":"${hex}"}}`)) });
    refuses("wrong-digest", recipe, { payload: withDigest((hex) => own(`{"__proto__":"${hex}"}`)) });
  }
  for (const recipe of simple.slice(0, 1)) {
    const hide = (layer: Json): Json => ({
      ...layer,
      annotations: own(JSON.stringify({ a: layer.annotations }).replace('"a"', '"__proto__"')),
    });
    refuses("malformed", recipe, { manifest: (manifest) => ({ ...manifest, layers: manifest.layers.map(hide) }) });
  }
});

attack(60, "labels and annotations of the resource: they excuse no image and match nothing", () => {
  const signed = sign(lab, { change: { signingKey: () => lab.key("stranger") } });
  const selected = (policy: Json): Json => {
    policy.spec.rules[0].match.any[0].resources.selector = { matchLabels: { tier: "a" } };
    return policy;
  };
  for (const verifier of verifiers) {
    const pod = (labels: Json) => ({
      pod: (made: Json) => ({ ...made, metadata: { ...made.metadata, labels, annotations: labels } }),
    });
    assert.is(decide(signed, verifier, { ...pod({ tier: "a" }), policy: selected }).allowed, false);
    assert.is(decide(signed, verifier, { ...pod(own('{"__proto__":{"tier":"a"}}')), policy: selected }).allowed, true);
    assert.is(decide(signed, verifier, pod(own('{"__proto__":{"tier":"a"},"constructor":"x"}'))).allowed, false);
    assert.ok(isUnpolluted());
  }
});

const rewrite =
  (change: (text: string) => string) =>
  (envelope: Json): Json => ({ ...envelope, payload: change(envelope.payload) });
const variants: readonly ((text: string) => string)[] = [
  (text) => ` ${text}`,
  (text) => `${text}\t`,
  (text) => `${text.slice(0, 8)}\u2028${text.slice(8)}`,
  (text) => `${text.slice(0, 8)}\\n${text.slice(8)}`,
  (text) => `${text}====`,
  (text) => `${text.slice(0, 8)}*${text.slice(9)}`,
  (text) => `${text}A`,
];

attack(61, "the payload of a good envelope in another base64 text", () => {
  for (const recipe of statements)
    for (const variant of variants)
      refuses("malformed", { ...recipe, evidence: ["timestamp"] }, { envelope: rewrite(variant) });
});

attack(61, "padding left out, and bits that no byte needs", () => {
  // A payload whose length leaves one byte over, so that its text ends in two padding characters.
  const padded = (payload: Json): Json => {
    const length = jsonBytes({ ...payload, predicate: { fill: "" } }).length;
    return { ...payload, predicate: { fill: "x".repeat((4 - (length % 3)) % 3) } };
  };
  for (const recipe of layers) {
    const base: Recipe = { ...recipe, evidence: [], change: { payload: padded } };
    refuses("malformed", base, { envelope: rewrite((text) => text.replaceAll("=", "")) });
    refuses("malformed", base, {
      envelope: rewrite((text) => text.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`)),
    });
  }
});

attack(
  61,
  "the URL-safe alphabet: in a layer it is accepted, as the reference library reads it, in a bundle it is not",
  () => {
    const predicate = { text: "~~~???>>>~~~" };
    const urlSafe = rewrite((text) => {
      const other = text.replaceAll("+", "-").replaceAll("/", "_");
      assert.is.not(other, text);
      return other;
    });
    for (const recipe of layers)
      assert.is(verdict(sign(lab, { ...recipe, predicate, evidence: [], change: { envelope: urlSafe } })), "proven");
    for (const recipe of bundles.slice(0, 2))
      refuses("malformed", { ...recipe, predicate, evidence: [] }, { envelope: urlSafe });
    const mixed = rewrite((text) => text.replace(/[+/]/, (sign) => (sign === "+" ? "-" : "_")));
    for (const recipe of layers)
      refuses(
        "malformed",
        { ...recipe, predicate: { text: "~~~???>>>~~~~~~???>>>~~~" }, evidence: [] },
        { envelope: mixed },
      );
  },
);

attack(61, "the signature, a certificate, a log body in another base64 text", () => {
  const named = (name: string, variant: (text: string) => string) => (annotations: Record<string, string>) => ({
    ...annotations,
    [name]: variant(annotations[name] as string),
  });
  for (const variant of variants) {
    refuses("malformed", { layout: "tag" }, { layer: named("dev.cosignproject.cosign/signature", variant) });
    const material = (key: string, change: (part: Json) => Json): Changes => ({
      bundle: (json) => ({
        ...json,
        verificationMaterial: { ...json.verificationMaterial, [key]: change(json.verificationMaterial[key]) },
      }),
    });
    refuses(
      "malformed",
      { by: "certificate" },
      material("certificate", ({ rawBytes }) => ({ rawBytes: variant(rawBytes) })),
    );
    refuses(
      "malformed",
      {},
      material("tlogEntries", ([entry]) => [{ ...entry, canonicalizedBody: variant(entry.canonicalizedBody) }]),
    );
  }
});

/** In lines as `openssl base64` writes them; four line ends more keep the length a multiple of four. */
const inLines: readonly ((text: string) => string)[] = [
  (text) => `${text.slice(0, 8)}\r\n\r\n${text.slice(8)}`,
  (text) => `\n\n${text.slice(0, 5)}\n${text.slice(5)}\n`,
];

attack(61, "line ends inside base64 give the same bytes, and another signature stays another one", () => {
  const other = (text: string): string => `${text.slice(0, 8)}${text[8] === "A" ? "B" : "A"}${text.slice(9)}`;
  for (const wrap of inLines) {
    for (const recipe of statements) {
      const stamped: Recipe = { ...recipe, evidence: ["timestamp"] };
      assert.is(verdict(sign(lab, { ...stamped, change: { envelope: rewrite(wrap) } })), "proven");
      assert.is.not(
        verdict(sign(lab, { ...stamped, change: { envelope: rewrite((text) => wrap(other(text))) } })),
        "proven",
      );
    }
    const signature = (change: (text: string) => string): Changes => ({
      layer: (annotations) => ({
        ...annotations,
        [layerAnnotation.signature]: change(annotations[layerAnnotation.signature] as string),
      }),
    });
    assert.is(verdict(sign(lab, { layout: "tag", change: signature(wrap) })), "proven");
    refuses(
      "wrong-key",
      { layout: "tag" },
      signature((text) => wrap(other(text))),
    );
  }
});

/** The encoding with lengths in UTF-16 units. */
const paeInUnits = (payload: Uint8Array): Uint8Array =>
  encodeUtf8(
    `DSSEv1 ${inTotoPayloadType.length} ${inTotoPayloadType} ${decodeUtf8(payload).length} ${decodeUtf8(payload)}`,
  );

attack(62, "a payload beyond ASCII, signed with its length in characters", () => {
  const predicate = { reviewers: ["Zoë", "ミカ", "🙂"] };
  const units = (_: Uint8Array, message: Uint8Array, key: LabKey): Uint8Array => {
    const start = decodeUtf8(message).indexOf("{");
    return key.sign(paeInUnits(encodeUtf8(decodeUtf8(message).slice(start))));
  };
  for (const recipe of [...layers, ...bundles.slice(0, 2)])
    refuses("wrong-key", { ...recipe, evidence: ["timestamp"], predicate }, { signature: units });
  assert.equal(encodePae(inTotoPayloadType, encodeUtf8("é")), encodeUtf8(`DSSEv1 28 ${inTotoPayloadType} 2 é`));
});

const further =
  (bytes: (making: Making) => Uint8Array, place: "front" | "back") => (envelope: Json, making: Making) => {
    const added = { keyid: "", sig: encodeBase64(bytes(making)) };
    return {
      ...envelope,
      signatures: place === "front" ? [added, ...envelope.signatures] : [...envelope.signatures, added],
    };
  };
const byStranger = ({ payload }: Making): Uint8Array => lab.key("stranger").sign(encodePae(inTotoPayloadType, payload));

attack(63, "a second signature on a bundle's envelope, good or bad, in front or behind", () => {
  for (const recipe of bundles)
    for (const place of ["front", "back"] as const) {
      refuses("malformed", recipe, { envelope: further(byStranger, place) });
      refuses("malformed", recipe, { envelope: further(({ signature }) => signature, place) });
    }
  refuses("malformed", { claim: "attestation" }, { envelope: (envelope) => ({ ...envelope, signatures: [] }) });
});

attack(63, "several signatures in a layer: the signer's own counts, and a log entry covers the whole envelope", () => {
  for (const recipe of layers) {
    const unlogged: Recipe = { ...recipe, evidence: [] };
    for (const place of ["front", "back"] as const) {
      assert.is(verdict(sign(lab, { ...unlogged, change: { envelope: further(byStranger, place) } })), "proven");
      refuses("wrong-key", unlogged, {
        envelope: further(byStranger, place),
        signingKey: () => lab.key("another stranger"),
      });
    }
    // Added after the log took the envelope.
    const added = (text: string): string =>
      text.replace('"signatures":[', `"signatures":[{"keyid":"","sig":"${encodeBase64(new Uint8Array(70))}"},`);
    refuses("bad-log-proof", recipe, {
      store: (store, { envelope }) => replaceLayer(store, decodeUtf8(envelope ?? new Uint8Array(0)), added),
    });
    refuses("malformed", recipe, { envelope: (envelope) => ({ ...envelope, signatures: [] }) });
  }
});

run();
