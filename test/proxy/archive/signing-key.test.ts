import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readArchiveKey } from "../../../core/archive/archive-statement.ts";
import { readSignedEnvelope, verifySignedStatement } from "../../../core/archive/verify-envelope.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { loadSigningKey } from "../../../proxy/archive/signing-key.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("proxy/archive/signing-key");
const fixture = (name: string): string => readFileSync(`test/fixtures/archive-keys/${name}`, "utf8");
const load = (pem: string, password?: string) =>
  loadSigningKey(pem, { subject: "the.key", password, limits: defaultLimits });
const payload = encodeUtf8('{"a":1}');
const keyOf = (pem: string) => readArchiveKey(pem, defaultLimits);
const verify = (document: Uint8Array, ...keys: readonly string[]) =>
  verifySignedStatement(readSignedEnvelope(document, "f", defaultLimits), keys.map(keyOf), nodeVerifier, "f");

const pem = (key: KeyObject, type: "pkcs8" | "sec1") => String(key.export({ type, format: "pem" }));
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicPem = String(publicKey.export({ type: "spki", format: "pem" }));

test("PEM of both kinds signs, and the same content gives the same bytes", () => {
  const envelopes = (["pkcs8", "sec1"] as const).map((type) => load(pem(privateKey, type)).sign(payload));
  assert.equal(envelopes[0], envelopes[1]);
  const accepted = verify(envelopes[0] as Uint8Array, publicPem);
  assert.equal(accepted.payload, payload);
  assert.is(accepted.key.fingerprint, load(pem(privateKey, "pkcs8")).fingerprint);
});

test("an encrypted key of OpenSSL", () => {
  const encrypted = String(
    privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open" }),
  );
  verify(load(encrypted, "open").sign(payload), publicPem);
  throwsCode("invalid-usage", () => load(encrypted, "shut"));
  throwsCode("invalid-usage", () => load(encrypted));
});

test("keys as cosign 3 and cosign 2 wrote them; an empty password is one", () => {
  verify(load(fixture("cosign3.key"), "correct horse").sign(payload), fixture("cosign3.pub"));
  verify(load(fixture("cosign2-empty-password.key"), "").sign(payload), fixture("cosign2-empty-password.pub"));
  assert.match(throwsCode("invalid-usage", () => load(fixture("cosign3.key"))).message, /COSIGN_PASSWORD/);
  assert.match(throwsCode("invalid-usage", () => load(fixture("cosign3.key"), "wrong")).message, /COSIGN_PASSWORD/);
});

test("an encrypted key that cannot be, asks too much or is of another kind", () => {
  const content = { kdf: { name: "scrypt", params: { N: 2, r: 8, p: 1 }, salt: "AAAA" } };
  const cipher = { name: "nacl/secretbox", nonce: encodeBase64(new Uint8Array(24)) };
  const whole = { ...content, cipher, ciphertext: encodeBase64(new Uint8Array(40)) };
  const encrypted = (value: object) =>
    encodePem("ENCRYPTED SIGSTORE PRIVATE KEY", encodeBase64(encodeUtf8(JSON.stringify(value))));
  const params = (given: object) => ({ ...whole, kdf: { ...content.kdf, params: { N: 2, r: 8, p: 1, ...given } } });
  throwsCode("invalid-usage", () => load(encrypted(whole), "x"));
  for (const value of [{}, content, params({ N: 3 }), params({ N: 0 }), params({ r: 0 }), params({ p: "1" })])
    throwsCode("malformed", () => load(encrypted(value), "x"));
  throwsCode("malformed", () => load(encrypted({ ...whole, ciphertext: "AAAA" }), "x"));
  for (const value of [params({ N: 2 ** 40 }), params({ r: 2 ** 30 }), params({ p: 1000 })])
    throwsCode("over-limit", () => load(encrypted(value), "x"));
  throwsCode("unsupported", () => load(encrypted({ ...whole, cipher: { ...cipher, name: "rot13" } }), "x"));
});

test("what is no private key of ECDSA P-256", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  for (const text of [
    "",
    publicPem,
    pem(rsa, "pkcs8"),
    pem(p384, "sec1"),
    "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
  ])
    throwsCode("invalid-usage", () => load(text));
  assert.match(
    throwsCode("invalid-usage", () => load(publicPem)).message,
    /^a public key, and what signs is its private/,
  );
});

test.run();
