/**
 * Attacks by cost: patterns, keys, nesting, aliases, identifiers and answers that take time or memory out of
 * proportion, or that crash whoever reads them.
 */
import * as assert from "uvu/assert";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import { loadPolicies } from "../../core/kyverno/policy/read-policy.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { type AttestorSpec, compileAttestor } from "../../core/verify/attestor.ts";
import { bits, integer, nothing, octets, oid, sequence } from "../lab/der.ts";
import {
  decide,
  type EntryBody,
  extensionId,
  type Json,
  pemOf,
  policyFor,
  type Recipe,
  sign,
  type Signed,
  verdict,
  verifiers,
  withExtension,
} from "../lab/index.ts";
import { attackSuite } from "./attack.ts";
import { insteadPresent } from "../support/instead.ts";
import { accepts, decided, lab, refuses } from "./refuses.ts";

const { attack, run } = attackSuite("resource-costs");

/** The code for which an attestor entry cannot be satisfied by anything. */
function brokenBy(spec: AttestorSpec): ErrorCode | undefined {
  try {
    compileAttestor(spec, { limits: defaultLimits });
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error.code;
    throw error;
  }
}

const long = `https://lab.example/${"a".repeat(3000)}!`;
const ofLongName: Recipe = {
  by: "certificate",
  identity: { names: [{ uri: long }], extensions: { issuer: "https://issuer.lab.example" } },
};
const keyless = (identity: object) => ({
  attestor: (spec: AttestorSpec) => ({ ...spec, keyless: { ...spec.keyless, ...identity } }),
});

attack(73, "regular expressions that backtrack without end elsewhere", () => {
  const signed = accepts(ofLongName);
  for (const subjectRegExp of [
    "^https://lab.example/(a+)+$",
    "^https://lab.example/(a|a)*$",
    "^https://lab.example/(a|aa)+$",
    "^(.*)(.*)(.*)(.*)(.*)b$",
  ])
    assert.is(verdict(signed, keyless({ subject: "", subjectRegExp })), "refuted: wrong-identity");
  assert.is(verdict(signed, keyless({ subject: "", subjectRegExp: "^https://lab.example/(a+)+!$" })), "proven");
});

attack(73, "expressions and wildcards that are huge, or grow when they are written out", () => {
  for (const subjectRegExp of [
    "(((a{100}){100}){100}){100}",
    `(${"a?".repeat(9000)})`,
    "a{1000}{1000}",
    "x".repeat(defaultLimits.patternBytes + 1),
  ])
    assert.is(brokenBy({ keyless: { subjectRegExp } }), "over-limit", subjectRegExp.slice(0, 40));
  const signed = accepts(ofLongName);
  assert.is(verdict(signed, keyless({ subject: `${"*a".repeat(2000)}*b` })), "refuted: wrong-identity");
  assert.is(verdict(signed, keyless({ subject: `${"*?".repeat(1000)}!` })), "proven");
});

const rsaKey = (modulusBytes: number, exponent: bigint): Uint8Array => {
  const modulus = new Uint8Array(modulusBytes).fill(0xff);
  return sequence(sequence(oid("1.2.840.113549.1.1.1"), nothing), bits(sequence(integer(modulus), integer(exponent))));
};

attack(73, "RSA keys of enormous modulus or exponent: in a certificate, in a policy", () => {
  const keys = (modulusBytes: number, exponent: bigint): AttestorSpec => ({
    keys: { pem: pemOf("PUBLIC KEY", rsaKey(modulusBytes, exponent)) },
  });
  assert.is(brokenBy(keys(1024, 65537n)), undefined);
  assert.is(brokenBy(keys(1025, 65537n)), "over-limit");
  assert.is(brokenBy(keys(16_384, 65537n)), "over-limit");
  assert.is(brokenBy(keys(256, 2n ** 31n + 1n)), "malformed");
  assert.is(brokenBy(keys(256, 2n ** 2048n + 1n)), "malformed");
  assert.is(brokenBy(keys(256, 1n)), "malformed");
  const leaf = (modulusBytes: number, exponent: bigint) => ({
    leaf: (spec: Json) => ({ ...spec, key: rsaKey(modulusBytes, exponent) }),
  });
  for (const layout of ["bundle", "tag"] as const) {
    const recipe: Recipe = {
      by: "certificate",
      layout,
      evidence: ["promise"],
      ...(layout === "bundle" ? { layout: "file" } : {}),
    };
    refuses("over-limit", recipe, leaf(2048, 65537n));
    refuses("malformed", recipe, leaf(256, 2n ** 64n + 1n));
  }
});

const nested = (depth: number, open: string, close: string): string => `${open.repeat(depth)}1${close.repeat(depth)}`;

attack(73, "documents nested without end", () => {
  for (const claim of ["signature", "attestation"] as const) {
    const recipe: Recipe = { layout: "tag", claim, evidence: [] };
    const key = claim === "signature" ? "optional" : "predicate";
    const deep = (depth: number) => (payload: Json) => {
      const text = JSON.stringify({ ...payload, [key]: { a: 0 } });
      return encodeUtf8(text.replace('{"a":0}', `{"a":${nested(depth, "[", "]")}}`));
    };
    refuses("over-limit", recipe, { payload: deep(100_000) });
    refuses("over-limit", recipe, { payload: deep(defaultLimits.jsonDepth) });
    assert.is(verdict(sign(lab, { ...recipe, change: { payload: deep(50) } })), "proven");
  }
  const signed = accepts({ layout: "file" });
  for (const text of [nested(1_000_000, "[", "]"), nested(1_000_000, '{"a":', "}"), "[".repeat(1_000_000)])
    assert.is(verdict({ ...signed, bundle: text }), "refuted: over-limit");
});

attack(73, "DER nested without end, in an extension and in a token", () => {
  let value = octets(new Uint8Array(1));
  for (let depth = 0; depth < 2000; depth++) value = sequence(value);
  const named = (spec: Json) => ({
    ...spec,
    extensions: withExtension(spec.extensions, extensionId.subjectAlternativeName, {
      id: extensionId.subjectAlternativeName,
      value,
    }),
  });
  refuses("malformed", { by: "certificate" }, { leaf: named });
  refuses("malformed", { by: "certificate", evidence: ["rekor2", "timestamp"] }, { timestamps: () => [value] });
  refuses(
    "malformed",
    { by: "certificate", evidence: ["rekor2", "timestamp"] },
    { token: () => ({ info: () => value }) },
  );
});

const policyText = (change: (policy: Json) => Json): string => JSON.stringify(change(policyFor(sign(lab))));

attack(73, "a policy of aliases upon aliases, of nesting without end, of more bytes than are read", () => {
  const laughs = [
    "a0: &a0 [x, x]",
    ...Array.from({ length: 40 }, (_, index) => `a${index + 1}: &a${index + 1} [*a${index}, *a${index}]`),
  ].join("\n");
  for (const [text, code] of [
    [laughs, "invalid-policy"],
    [`a: ${"[".repeat(100_000)}`, "invalid-policy"],
    [`# ${"x".repeat(defaultLimits.policyBytes)}`, "invalid-policy"],
  ] as const) {
    const { policies, errors } = loadPolicies([{ name: "hostile.yaml", text }]);
    assert.is(policies.length, 0);
    assert.ok(errors.length > 0 && errors.every((error) => error.code === code));
  }
});

attack(73, "a resource with more images than the limit, and expressions that never end", () => {
  const signed = accepts({ layout: "tag" });
  const image = `${signed.repository}:${signed.tag}`;
  const pod = (count: number) => ({
    pod: (made: Json) => ({
      ...made,
      spec: { containers: Array.from({ length: count }, (_, index) => ({ name: `c${index}`, image })) },
    }),
  });
  const precondition = (key: string) => ({
    policy: (policy: Json) => {
      policy.spec.rules[0].preconditions = { all: [{ key, operator: "Equals", value: "x" }] };
      return policy;
    },
  });
  for (const verifier of verifiers) {
    assert.is(decide(signed, verifier, pod(20)).allowed, true);
    assert.is(decide(signed, verifier, pod(defaultLimits.imagesPerResource + 1)).allowed, false);
  }
  const doubled = `length(request.object.spec.containers${" | [@, @][]".repeat(40)})`;
  assert.is(decided(signed, { ...pod(20), ...precondition(`{{ ${doubled} }}`) }), "denied: over-budget");
  assert.is(
    loadPolicies([
      { name: "deep.yaml", text: policyText(precondition(`{{ ${"(".repeat(5000)}a${")".repeat(5000)} }}`).policy) },
    ]).policies.length,
    0,
  );
});

attack(74, "log entries of the kinds that a log unpacks, or that crashed it: none is read", () => {
  const archive = encodeBase64(new Uint8Array(1 << 20));
  for (const [kind, apiVersion, spec] of [
    ["jar", "0.0.1", { archive: { content: archive } }],
    ["alpine", "0.0.1", { package: { content: archive } }],
    ["rpm", "0.0.1", { package: { content: archive } }],
    ["helm", "0.0.1", {}],
    ["tuf", "0.0.1", {}],
    ["cose", "0.0.1", {}],
    ["rfc3161", "0.0.1", {}],
    ["hashedrekord", "9.9.9", {}],
    ["__proto__", "0.0.1", {}],
  ] as const)
    for (const recipe of [{ layout: "tag" }, {}, { evidence: ["rekor2"] }] as const satisfies readonly Recipe[])
      refuses("bad-log-proof", recipe, { body: () => ({ kind, apiVersion, spec }) as EntryBody });
  // CVE-2023-33199: an intoto entry without envelope.
  for (const spec of [
    {},
    { content: {} },
    { content: { envelope: {} } },
    { content: { envelope: { signatures: [] } } },
  ])
    for (const layout of ["tag", "file"] as const) {
      const said = verdict(
        sign(lab, {
          claim: "attestation",
          layout,
          entryKind: "intoto 0.0.2",
          change: { body: (body) => ({ ...body, spec }) },
        }),
      );
      assert.match(said, /^refuted: (malformed|bad-log-proof)$/);
    }
});

attack(74, "object identifiers of many or enormous arcs, and other fields of a token that grow", () => {
  const stamped: Recipe = { by: "certificate", evidence: ["rekor2", "timestamp"] };
  const arcs = (count: number): string => `1.2${".3".repeat(count)}`;
  assert.is(verdict(sign(lab, { ...stamped, change: { token: () => ({ policy: arcs(20) }) } })), "proven");
  for (const token of [
    { policy: arcs(50_000) },
    { contentType: arcs(50_000) },
    { signedContentType: arcs(50_000) },
    { nonce: new Uint8Array(100_000).fill(1) },
  ])
    assert.match(
      verdict(sign(lab, { ...stamped, change: { token: () => token } })),
      /^proven$|^refuted: (malformed|bad-timestamp|over-limit)$/,
    );
});

/** Answers to every question of a kind as an attacker's registry gives them. */
const answering = (signed: Signed, kind: Question["kind"], value: unknown): Knowledge =>
  insteadPresent(signed.knowledge, kind, value, { at: lab.now.toISOString(), from: "lab" });

attack(75, "manifests and blobs that are something else: nothing, a page, an endless text, other bytes", () => {
  for (const recipe of [
    { layout: "tag" },
    { layout: "artifact" },
    {},
    { claim: "attestation", layout: "tag" },
    { claim: "attestation" },
  ] as const) {
    const signed = accepts(recipe);
    for (const text of [
      "",
      "<html>404</html>",
      "null",
      "[]",
      "{}",
      "\0".repeat(1000),
      '{"schemaVersion":1}',
      "x".repeat(defaultLimits.manifestBytes + 1),
    ])
      for (const kind of ["manifest", "blob"] as const)
        assert.match(
          verdict(signed, { knowledge: answering(signed, kind, encodeUtf8(text)) }),
          /^refuted: (malformed|over-limit)$/,
        );
  }
});

attack(75, "every media type that a registry may state, for a manifest of another type", () => {
  const types = [
    "application/vnd.docker.distribution.manifest.v1+prettyjws",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "text/html",
    "",
    "x",
  ];
  for (const mediaType of types) {
    const signed = sign(lab, { layout: "tag", change: { manifest: (manifest) => ({ ...manifest, mediaType }) } });
    assert.is(verdict(signed), mediaType.includes("list.v2") ? "refuted: malformed" : "proven");
  }
  const both = sign(lab, { layout: "tag", change: { manifest: (manifest) => ({ ...manifest, manifests: [] }) } });
  assert.is(verdict(both), "refuted: malformed");
});

attack(76, "a private key file with enormous derivation parameters, in the place of a key", () => {
  const file = JSON.stringify({
    kdf: { name: "scrypt", params: { N: 2 ** 40, r: 2 ** 20, p: 2 ** 20 }, salt: "AAAA" },
    cipher: { name: "nacl/secretbox", nonce: "AAAA" },
    ciphertext: "AAAA",
  });
  for (const label of [
    "ENCRYPTED SIGSTORE PRIVATE KEY",
    "ENCRYPTED COSIGN PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "PRIVATE KEY",
    "EC PRIVATE KEY",
  ])
    assert.is(brokenBy({ keys: { pem: pemOf(label, encodeUtf8(file)) } }), "malformed");
  assert.is(brokenBy({ keys: { pem: lab.key().privatePem } }), "malformed");
  assert.is(brokenBy({ keys: { pem: lab.key().pem } }), undefined);
});

run();
