import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBundle } from "../../../core/cosign/bundle.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject, JsonValue } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { patched } from "../../support/patch.ts";
import { bundleVectors } from "../../support/sigstore-vectors.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { plainAuthority } from "../../lab/plain-certificate.ts";
import { bundleJson, certificateOf, envelope, envelopeEntry, message, messageEntry } from "./test-bundle.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/cosign/bundle");
const json = bundleJson();
const dsse = bundleJson(envelope, envelopeEntry);
const parse = (value: JsonValue) => parseBundle(JSON.stringify(value), defaultLimits);
const material = "verificationMaterial";
const entryAt = `${material}/tlogEntries/0`;

/** The bundle with a chain in place of its certificate, as versions 0.1 and 0.2 have it. */
const chained = (mediaType: string, ...certificates: readonly string[]): JsonObject =>
  patched(patched({ ...json, mediaType }, `${material}/certificate`, undefined), `${material}/x509CertificateChain`, {
    certificates: certificates.map((rawBytes) => ({ rawBytes })),
  });

test("a message signature with a certificate", () => {
  const bundle = parse(json);
  assert.is(bundle.version, "0.3");
  assert.ok(bundle.content.kind === "message" && bundle.content.digest.algorithm === "sha256");
  assert.equal(bundle.content.kind === "message" && bundle.content.signature, message.signature);
  assert.ok(
    bundle.verifier.kind === "certificate" &&
      encodeBase64(bundle.verifier.certificate.der) === certificateOf(message) &&
      bundle.verifier.chain.length === 0,
  );
  assert.equal(bundle.logEntries, [messageEntry]);
  assert.equal(bundle.timestamps, [Uint8Array.of(0, 1, 2)]);
  assert.equal(parseBundle(encodeUtf8(JSON.stringify(json)), defaultLimits), bundle);
});

test("an envelope, and a bare key", () => {
  const bundle = parse(dsse);
  assert.ok(bundle.content.kind === "dsse" && bundle.content.envelope.payloadType === "application/vnd.in-toto+json");
  const keyed = patched(patched(dsse, `${material}/certificate`, undefined), `${material}/publicKey`, { hint: "abc=" });
  assert.equal(parse(keyed).verifier, { kind: "public-key", hint: "abc=" });
  assert.equal(parse(patched(keyed, `${material}/publicKey`, {})).verifier, { kind: "public-key", hint: "" });
});

test("entries and timestamps may be absent, null counts as absent", () => {
  const bare = patched(
    patched(json, `${material}/tlogEntries`, undefined),
    `${material}/timestampVerificationData`,
    null,
  );
  assert.equal([parse(bare).logEntries, parse(bare).timestamps], [[], []]);
  assert.equal(parse(patched(json, `${material}/publicKey`, null)).logEntries.length, 1);
});

test("version 0.1 asks for promises, 0.2 for proofs, both take a chain, of which the first certificate signs", () => {
  const [old, middle] = [
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
  ] as const;
  const leaf = certificateOf(message);
  assert.is(parse(chained(old, leaf)).version, "0.1");
  assert.is(parse(chained(middle, leaf, certificateOf(envelope))).version, "0.2");
  parse(patched(chained(old, leaf), `${entryAt}/inclusionProof`, undefined));
  throwsCode("malformed", () => parse(patched(chained(middle, leaf), `${entryAt}/inclusionProof`, undefined)));
  throwsCode("malformed", () => parse(patched(chained(old, leaf), `${entryAt}/inclusionPromise`, undefined)));
  throwsCode("malformed", () =>
    parse(patched(chained(old, leaf), `${entryAt}/inclusionPromise`, { signedEntryTimestamp: "" })),
  );
  parse(patched(chained(middle, leaf), `${entryAt}/inclusionPromise`, undefined));
  throwsCode("malformed", () => parse(chained(old)));
  throwsCode("malformed", () => parse(chained(old, "")));
  throwsCode("malformed", () => parse(patched(json, `${entryAt}/inclusionProof`, undefined)));
});

test("version 0.3 takes no chain, and no version a root in it", () => {
  throwsCode("malformed", () =>
    parse(chained("application/vnd.dev.sigstore.bundle.v0.3+json", certificateOf(message))),
  );
  const root = encodeBase64(plainAuthority("root").der);
  throwsCode("malformed", () =>
    parse(chained("application/vnd.dev.sigstore.bundle+json;version=0.2", certificateOf(message), root)),
  );
  throwsCode("over-limit", () =>
    parse(
      chained(
        "application/vnd.dev.sigstore.bundle+json;version=0.2",
        ...Array.from({ length: 12 }, () => certificateOf(message)),
      ),
    ),
  );
});

test("unknown fields anywhere, in any spelling but the canonical one", () => {
  for (const path of [
    "extra",
    `${material}/extra`,
    `${material}/tlog_entries`,
    `${material}/certificate/extra`,
    `${entryAt}/extra`,
    `${entryAt}/log_index`,
    `${entryAt}/logId/extra`,
    `${entryAt}/kindVersion/extra`,
    `${entryAt}/inclusionPromise/extra`,
    `${entryAt}/inclusionProof/extra`,
    `${entryAt}/inclusionProof/checkpoint/extra`,
    `${material}/timestampVerificationData/extra`,
    `${material}/timestampVerificationData/rfc3161Timestamps/0/extra`,
    "messageSignature/extra",
    "messageSignature/messageDigest/extra",
  ])
    throwsCode("malformed", () => parse(patched(json, path, "x")));
  throwsCode("malformed", () => parse(patched(dsse, "dsseEnvelope/extra", 1)));
  throwsCode("malformed", () => parse(patched(dsse, "dsseEnvelope/signatures/0/cert", "x")));
});

test("missing and empty fields", () => {
  for (const path of [
    "mediaType",
    material,
    "messageSignature",
    "messageSignature/messageDigest",
    "messageSignature/messageDigest/algorithm",
    "messageSignature/messageDigest/digest",
    "messageSignature/signature",
    `${material}/certificate`,
    `${material}/certificate/rawBytes`,
    `${entryAt}/logId`,
    `${entryAt}/logId/keyId`,
    `${entryAt}/kindVersion`,
    `${entryAt}/kindVersion/kind`,
    `${entryAt}/kindVersion/version`,
    `${entryAt}/canonicalizedBody`,
    `${entryAt}/inclusionProof/checkpoint`,
    `${entryAt}/inclusionProof/checkpoint/envelope`,
    `${material}/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp`,
  ])
    throwsCode("malformed", () => parse(patched(json, path, undefined)));
  for (const path of [
    "dsseEnvelope/payload",
    "dsseEnvelope/signatures",
    "dsseEnvelope/signatures/0/sig",
    "dsseEnvelope/payloadType",
  ])
    throwsCode("malformed", () => parse(patched(dsse, path, undefined)));
  throwsCode("malformed", () => parse(patched(dsse, "dsseEnvelope/payload", "")));
});

test("exactly one signature on an envelope, one content, one verifier", () => {
  const [signature] = (dsse.dsseEnvelope as JsonObject).signatures as JsonObject[] as [JsonObject];
  throwsCode("malformed", () => parse(patched(dsse, "dsseEnvelope/signatures", [signature, signature])));
  throwsCode("malformed", () => parse({ ...json, dsseEnvelope: dsse.dsseEnvelope as JsonObject }));
  throwsCode("malformed", () => parse(patched(json, `${material}/publicKey`, { hint: "x" })));
});

test("digests of a known algorithm and of its length", () => {
  throwsCode("malformed", () => parse(patched(json, "messageSignature/messageDigest/algorithm", "SHA2_224")));
  throwsCode("malformed", () => parse(patched(json, "messageSignature/messageDigest/algorithm", "SHA2_512")));
  throwsCode("malformed", () => parse(patched(json, "messageSignature/messageDigest/digest", "AAEC")));
  assert.is(parse(patched(json, "messageSignature/messageDigest/algorithm", 1)).content.kind, "message");
});

test("log indexes are integers from 0 to 2^63 - 1, as numbers or canonical decimals", () => {
  assert.is(parse(patched(json, `${entryAt}/logIndex`, 17)).logEntries[0]?.logIndex, 17n);
  assert.is(parse(patched(json, `${entryAt}/logIndex`, "9223372036854775807")).logEntries[0]?.logIndex, 2n ** 63n - 1n);
  for (const bad of ["-1", "01", "1e3", "9223372036854775808", "x", "", " 1", true])
    throwsCode("malformed", () => parse(patched(json, `${entryAt}/logIndex`, bad)));
  const text = JSON.stringify(patched(json, `${entryAt}/logIndex`, 17));
  for (const bad of ["1e3", "1.0", "-1", "-0", "9007199254740993", "017"])
    throwsCode("malformed", () => parseBundle(text.replace('"logIndex":17', `"logIndex":${bad}`), defaultLimits));
});

test("base64 is canonical", () => {
  for (const bad of ["AAE", "AAE=\n", "AB==", "-_==", "!!!!"]) {
    throwsCode("malformed", () => parse(patched(json, "messageSignature/signature", bad)));
    throwsCode("malformed", () => parse(patched(json, `${entryAt}/inclusionProof/hashes`, [bad])));
  }
});

test("numbers of entries and timestamps are bounded", () => {
  const [entry] = (json[material] as JsonObject).tlogEntries as JsonObject[] as [JsonObject];
  throwsCode("over-limit", () =>
    parse(
      patched(
        json,
        `${material}/tlogEntries`,
        Array.from({ length: 33 }, () => entry),
      ),
    ),
  );
  throwsCode("over-limit", () =>
    parse(
      patched(
        json,
        `${material}/timestampVerificationData/rfc3161Timestamps`,
        Array.from({ length: 33 }, () => ({ signedTimestamp: "AA==" })),
      ),
    ),
  );
});

test("repeated keys, text behind the document, other documents", () => {
  const text = JSON.stringify(json);
  throwsCode("malformed", () => parseBundle(text.replace("{", '{"mediaType":"x",'), defaultLimits));
  throwsCode("malformed", () => parseBundle(text.replace('"rawBytes"', '"rawBytes":"AA==","rawBytes"'), defaultLimits));
  throwsCode("malformed", () => parseBundle(`${text}x`, defaultLimits));
  for (const bad of ["", "null", "[]", "1", "{not json"])
    throwsCode("malformed", () => parseBundle(bad, defaultLimits));
});

test("a bundle cut anywhere is malformed", () => {
  const text = JSON.stringify(json);
  for (let length = 0; length < text.length; length += 7)
    assert.is(
      onlyEngineErrors(() => parseBundle(text.slice(0, length), defaultLimits)),
      "threw",
    );
});

/**
 * Real bundles that are refused as documents: broken ones of the conformance suite, two signatures, a root in the
 * chain.
 */
const refused = [
  /^bundle-(empty-certificate-chain|invalid-base64-signature|malformed-json)_fail$/,
  /^bundle-(negative-log-index|unknown-version|with-root-cert)_fail$/,
  /^(intoto-missing-inclusion-proof|invalid-inclusion-proof)_fail$/,
  /^rekor2-(no-inclusion-proof|timestamp-with-incorrect-time)_fail$/,
  /dsse-2sigs/,
  /sigstore-go\/(bundles\/dsse|bundle-provenance)/,
  /bundleV01-full-cert-chain/,
  /gha_container-based\/v1\.7\.0/,
];

const vectors = vectorsDir();
if (vectors === undefined) skipped("core/cosign/bundle", 100, "SALLYPORT_VECTORS is not set");
else
  for (const { name, text } of bundleVectors(vectors)) {
    test(`real bundle ${name}`, () => {
      if (refused.some((pattern) => pattern.test(name)))
        throwsCode("malformed", () => parseBundle(text, defaultLimits));
      else assert.ok(parseBundle(text, defaultLimits).version.startsWith("0."));
      const trimmed = text.trimEnd();
      for (let length = 0; length < trimmed.length; length += 997)
        assert.is(
          onlyEngineErrors(() => parseBundle(trimmed.slice(0, length), defaultLimits)),
          "threw",
        );
    });
  }

test.run();
