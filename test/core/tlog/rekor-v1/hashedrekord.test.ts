import { suite } from "uvu";
import type { PublicKey } from "../../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../../core/encoding/base64.ts";
import type { JsonObject } from "../../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import type { EntryLayout, LoggedSignature } from "../../../../core/tlog/log-entry.ts";
import { bindHashedRekord } from "../../../../core/tlog/rekor-v1/hashedrekord.ts";
import { throwsCode } from "../../../support/assert.ts";
import { flipped, patched } from "../../../support/patch.ts";
import { newKey } from "../../../lab/keys.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../../lab/plain-signed.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/tlog/rekor-v1/hashedrekord");
const layouts: readonly EntryLayout[] = ["bundle", "layer"];
const bind = (body: JsonObject, logged: LoggedSignature, layout: EntryLayout) =>
  bindHashedRekord(body.spec as JsonObject, logged, layout, defaultLimits);
const byKey = signedMessage("key");
const byCertificate = signedMessage("certificate");
const body = bodyOf("hashedrekord 0.0.1", byKey.logged);

test("an entry records its own signature, by key and by certificate", () => {
  for (const layout of layouts) {
    bind(body, byKey.logged, layout);
    bind(bodyOf("hashedrekord 0.0.1", byCertificate.logged), byCertificate.logged, layout);
  }
});

test("another signature, another digest, another key, an envelope", () => {
  const other = signedMessage("key", "other payload");
  for (const layout of layouts) {
    throwsCode("bad-log-proof", () => bind(bodyOf("hashedrekord 0.0.1", other.logged), byKey.logged, layout));
    throwsCode("bad-log-proof", () =>
      bind(body, { ...byKey.logged, signature: flipped(byKey.logged.signature, 8) }, layout),
    );
    throwsCode("bad-log-proof", () =>
      bind(body, { ...byKey.logged, signature: byKey.key.sign(encodeUtf8("another payload")) }, layout),
    );
    throwsCode("bad-log-proof", () => bind(body, { ...byKey.logged, content: other.logged.content }, layout));
    throwsCode("bad-log-proof", () => bind(body, { ...byKey.logged, verifier: other.logged.verifier }, layout));
    throwsCode("bad-log-proof", () =>
      bind(body, { ...byKey.logged, content: signedEnvelope().logged.content }, layout),
    );
    throwsCode("bad-log-proof", () =>
      bind(patched(body, "spec/signature/content", ""), { ...byKey.logged, signature: new Uint8Array(0) }, layout),
    );
  }
});

test("a certificate's signature was not logged by its bare key", () => {
  const { certificate } = byCertificate.logged.verifier as { certificate: { publicKey: PublicKey } };
  const asKey: LoggedSignature = { ...byCertificate.logged, verifier: { key: certificate.publicKey } };
  for (const layout of layouts)
    throwsCode("bad-log-proof", () => bind(bodyOf("hashedrekord 0.0.1", asKey), byCertificate.logged, layout));
});

test("a key's signature may have been logged with the certificate beside it, in a layer only", () => {
  const { certificate } = byCertificate.logged.verifier as { certificate: { publicKey: PublicKey } };
  const asKey: LoggedSignature = { ...byCertificate.logged, verifier: { key: certificate.publicKey } };
  const withCertificate = bodyOf("hashedrekord 0.0.1", byCertificate.logged);
  bind(withCertificate, asKey, "layer");
  throwsCode("bad-log-proof", () => bind(withCertificate, asKey, "bundle"));
  throwsCode("bad-log-proof", () => bind(withCertificate, { ...asKey, verifier: byKey.logged.verifier }, "layer"));
});

test("digests by SHA-384 and SHA-512 count where they are known or can be computed", () => {
  const message = encodeUtf8("payload");
  const longer = patched(
    patched(body, "spec/data/hash/algorithm", "sha512"),
    "spec/data/hash/value",
    "a79e1d0f7a95e3e6e1f5b2c0c55c2c7a".repeat(4),
  );
  throwsCode("bad-log-proof", () => bind(longer, byKey.logged, "layer"));
  throwsCode("bad-log-proof", () =>
    bind(longer, { ...byKey.logged, content: { kind: "message", digests: {}, message } }, "layer"),
  );
  bind(body, { ...byKey.logged, content: { kind: "message", digests: {}, message } }, "layer");
  throwsCode("bad-log-proof", () => bind(patched(body, "spec/data/hash/algorithm", "sha1"), byKey.logged, "layer"));
  throwsCode("bad-log-proof", () => bind(patched(body, "spec/data/hash/algorithm", "sha224"), byKey.logged, "layer"));
});

test("wrong types and broken encodings are malformed", () => {
  const places: readonly [string, null | string | number | string[] | undefined][] = [
    ["spec/signature", null],
    ["spec/signature", "x"],
    ["spec/signature/content", 7],
    ["spec/signature/content", "%%%"],
    ["spec/signature/publicKey", ["x"]],
    ["spec/signature/publicKey/content", undefined],
    ["spec/signature/publicKey/content", "!"],
    ["spec/signature/publicKey/content", encodeBase64(encodeUtf8("no PEM"))],
    ["spec/signature/publicKey/content", encodeBase64(Uint8Array.of(0xff))],
    ["spec/data", undefined],
    ["spec/data/hash", 1],
    ["spec/data/hash/value", "xyz"],
    ["spec/data/hash/algorithm", null],
  ];
  for (const [path, value] of places)
    throwsCode("malformed", () => bind(patched(body, path, value), byKey.logged, "bundle"));
});

test("two PEM blocks, and a block of another kind", () => {
  const pem = byKey.key.pem;
  const twice = encodeBase64(encodeUtf8(pem.repeat(2)));
  throwsCode("malformed", () => bind(patched(body, "spec/signature/publicKey/content", twice), byKey.logged, "bundle"));
  const odd = encodeBase64(encodeUtf8(pem.replaceAll("PUBLIC KEY", "PGP KEY")));
  throwsCode("malformed", () => bind(patched(body, "spec/signature/publicKey/content", odd), byKey.logged, "bundle"));
});

test("an RSA key logged as PKCS#1 is the same key", () => {
  const key = newKey("rsa2048");
  const pkcs1 = key.publicKey.spki.slice(24);
  const text = `-----BEGIN RSA PUBLIC KEY-----\n${encodeBase64(pkcs1)}\n-----END RSA PUBLIC KEY-----\n`;
  const signature = key.sign(encodeUtf8("payload"));
  const logged: LoggedSignature = { ...byKey.logged, signature, verifier: { key: key.publicKey } };
  bind(
    patched(bodyOf("hashedrekord 0.0.1", logged), "spec/signature/publicKey/content", encodeBase64(encodeUtf8(text))),
    logged,
    "bundle",
  );
});

test.run();
