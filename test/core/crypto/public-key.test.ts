/** Public keys in DER and PEM, right and wrong. */
import { createHash, createPublicKey, generateKeyPairSync } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBitString, encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { encodeOid } from "../../../core/asn1/oid.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import {
  ed25519PublicKey,
  type PublicKey,
  parsePkcs1,
  parsePublicKeyPem,
  parsePublicKeysPem,
  parseSpki,
  readSpki,
} from "../../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeHex, encodeHex } from "../../../core/encoding/hex.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/crypto/public-key");
const der = (key: { export(options: { type: "spki"; format: "der" }): Buffer }): Uint8Array =>
  new Uint8Array(key.export({ type: "spki", format: "der" }));
const pem = (label: string, bytes: Uint8Array): string => encodePem(label, encodeBase64(bytes));
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
const oid = (text: string): Uint8Array => encodeElement(Tag.oid, encodeOid(text));

const pairs = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
  "P-521": generateKeyPairSync("ec", { namedCurve: "P-521" }),
  rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
  ed25519: generateKeyPairSync("ed25519"),
};

for (const [name, { publicKey }] of Object.entries(pairs)) {
  const spki = der(publicKey);

  test(`${name}: SPKI, PEM and fingerprint`, () => {
    const key = parseSpki(spki, defaultLimits);
    assert.is(key.type, name.startsWith("P-") ? "ecdsa" : name);
    assert.is(key.fingerprint, createHash("sha256").update(spki).digest("hex"));
    assert.equal(key.spki, spki);
    assert.is(parsePublicKeyPem(`a comment\n\n${pem("PUBLIC KEY", spki)}`, defaultLimits).fingerprint, key.fingerprint);
  });

  test(`${name}: cut or damaged bytes are an EngineError or another key`, () => {
    for (let length = 0; length < spki.length; length++)
      throwsCode("malformed", () => parseSpki(spki.subarray(0, length), defaultLimits));
    throwsCode("malformed", () => parseSpki(Uint8Array.of(...spki, 0), defaultLimits));
    for (let index = 0; index < spki.length; index++) {
      const other = spki.slice();
      other[index] = (other[index] as number) ^ 0x10;
      onlyEngineErrors(() => parseSpki(other, defaultLimits));
    }
  });
}

test("RSA in PKCS#1 becomes the same key", () => {
  const { publicKey } = pairs.rsa;
  const key = parseSpki(der(publicKey), defaultLimits) as PublicKey & { type: "rsa" };
  const pkcs1 = new Uint8Array(publicKey.export({ type: "pkcs1", format: "der" }));
  assert.is(parsePkcs1(pkcs1, defaultLimits).fingerprint, key.fingerprint);
  assert.is(parsePublicKeyPem(pem("RSA PUBLIC KEY", pkcs1), defaultLimits).fingerprint, key.fingerprint);
  assert.is(key.bits, 2048);
  assert.is(key.exponent, 65537);
});

test("bare Ed25519 bytes become the same key", () => {
  const key = parseSpki(der(pairs.ed25519.publicKey), defaultLimits) as PublicKey & { type: "ed25519" };
  assert.is(ed25519PublicKey(key.point, defaultLimits).fingerprint, key.fingerprint);
  throwsCode("malformed", () => ed25519PublicKey(key.point.subarray(1), defaultLimits));
});

test("several PEM blocks", () => {
  const text = [pairs["P-256"], pairs.ed25519].map(({ publicKey }) => pem("PUBLIC KEY", der(publicKey))).join("  ");
  assert.equal(
    parsePublicKeysPem(text, defaultLimits).map(({ type }) => type),
    ["ecdsa", "ed25519"],
  );
  throwsCode("malformed", () => parsePublicKeyPem(text, defaultLimits));
});

for (const text of [
  "",
  "no key",
  pem("CERTIFICATE", Uint8Array.of(0x30, 0)),
  pem("PRIVATE KEY", Uint8Array.of(0x30, 0)),
  "-----BEGIN PUBLIC KEY-----\nAAAA",
])
  test(`no key: ${text.slice(0, 20) || "nothing"}`, () =>
    void throwsCode("malformed", () => parsePublicKeyPem(text, defaultLimits)));

test("parameters must be right", () => {
  const rsa = new Uint8Array(pairs.rsa.publicKey.export({ type: "pkcs1", format: "der" }));
  throwsCode("malformed", () =>
    parseSpki(sequence(sequence(oid("1.2.840.113549.1.1.1")), encodeBitString(rsa)), defaultLimits),
  );
  const { point } = parseSpki(der(pairs.ed25519.publicKey), defaultLimits) as PublicKey & { type: "ed25519" };
  throwsCode("malformed", () =>
    parseSpki(sequence(sequence(oid("1.3.101.112"), encodeElement(Tag.null)), encodeBitString(point)), defaultLimits),
  );
  const ec = parseSpki(der(pairs["P-256"].publicKey), defaultLimits) as PublicKey & { type: "ecdsa" };
  throwsCode("malformed", () =>
    parseSpki(sequence(sequence(oid("1.2.840.10045.2.1")), encodeBitString(ec.point)), defaultLimits),
  );
  throwsCode("malformed", () =>
    parseSpki(
      sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.3.132.0.34")), encodeBitString(ec.point)),
      defaultLimits,
    ),
  );
});

test("compressed and hybrid points are refused", () => {
  const { point } = parseSpki(der(pairs["P-256"].publicKey), defaultLimits) as PublicKey & { type: "ecdsa" };
  const algorithm = sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"));
  const isOdd = ((point[64] as number) & 1) === 1;
  throwsCode("malformed", () =>
    parseSpki(
      sequence(algorithm, encodeBitString(Uint8Array.of(isOdd ? 3 : 2, ...point.subarray(1, 33)))),
      defaultLimits,
    ),
  );
  throwsCode("malformed", () =>
    parseSpki(sequence(algorithm, encodeBitString(Uint8Array.of(isOdd ? 7 : 6, ...point.subarray(1)))), defaultLimits),
  );
  throwsCode("malformed", () => parseSpki(sequence(algorithm, encodeBitString(Uint8Array.of(0))), defaultLimits));
});

test("Ed25519 points of small order or in another encoding are refused", () => {
  const spki = (point: Uint8Array): Uint8Array => sequence(sequence(oid("1.3.101.112")), encodeBitString(point));
  for (const hex of [
    `01${"00".repeat(31)}`,
    "00".repeat(32),
    `ec${"ff".repeat(30)}7f`,
    `ee${"ff".repeat(30)}7f`,
    `01${"00".repeat(30)}80`,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  ]) {
    throwsCode("malformed", () => parseSpki(spki(decodeHex(hex)), defaultLimits));
  }
});

test("other algorithms and curves are told apart from broken keys", () => {
  const secp256k1 = der(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey);
  const x25519 = der(generateKeyPairSync("x25519").publicKey);
  for (const other of [secp256k1, x25519]) {
    assert.is(readSpki(other, defaultLimits), undefined);
    throwsCode("malformed", () => parseSpki(other, defaultLimits));
  }
});

test("the unsigned integer of a modulus keeps its value", () => {
  const key = parseSpki(der(pairs.rsa.publicKey), defaultLimits) as PublicKey & { type: "rsa" };
  const jwk = pairs.rsa.publicKey.export({ format: "jwk" });
  assert.is(encodeHex(key.modulus), Buffer.from(jwk.n ?? "", "base64url").toString("hex"));
  assert.is(createPublicKey({ key: Buffer.from(key.spki), format: "der", type: "spki" }).asymmetricKeyType, "rsa");
  assert.is(encodeUnsigned(key.modulus).length, 4 + 257);
});

test.run();
