/** AlgorithmIdentifiers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { contextConstructed, Tag } from "../../../core/asn1/tag.ts";
import { hashOfOid, readSignatureAlgorithm } from "../../../core/x509/signature-algorithm.ts";
import { throwsCode } from "../../support/assert.ts";
import { oid } from "../../lab/der.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/signature-algorithm");
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
const none = encodeElement(Tag.null);
const read = (...parts: Uint8Array[]) => readSignatureAlgorithm(sequence(...parts), "test", defaultLimits);

test("ours", () => {
  assert.equal(read(oid("1.2.840.10045.4.3.2")), { scheme: "ecdsa", hash: "sha256" });
  assert.equal(read(oid("1.2.840.10045.4.3.3")), { scheme: "ecdsa", hash: "sha384" });
  assert.equal(read(oid("1.2.840.10045.4.3.4")), { scheme: "ecdsa", hash: "sha512" });
  assert.equal(read(oid("1.2.840.113549.1.1.11"), none), { scheme: "rsa-pkcs1v15", hash: "sha256" });
  assert.equal(read(oid("1.2.840.113549.1.1.12")), { scheme: "rsa-pkcs1v15", hash: "sha384" });
  assert.equal(read(oid("1.2.840.113549.1.1.13"), none), { scheme: "rsa-pkcs1v15", hash: "sha512" });
  assert.equal(read(oid("1.3.101.112")), { scheme: "ed25519" });
});

test("not ours", () => {
  for (const id of [
    "1.2.840.113549.1.1.5",
    "1.2.840.113549.1.1.4",
    "1.2.840.10045.4.1",
    "1.2.840.10045.4.3.1",
    "1.3.101.113",
  ])
    assert.is(read(oid(id), none), undefined);
  assert.is(read(oid("1.2.840.10045.4.3.2"), none), undefined);
  assert.is(read(oid("1.3.101.112"), none), undefined);
});

const sha256 = "2.16.840.1.101.3.4.2.1";
const pss = (hash: string, mask: string, salt: number, ...more: Uint8Array[]): Uint8Array =>
  sequence(
    encodeElement(contextConstructed(0), sequence(oid(hash), none)),
    encodeElement(contextConstructed(1), sequence(oid("1.2.840.113549.1.1.8"), sequence(oid(mask)))),
    encodeElement(contextConstructed(2), encodeUnsigned(Uint8Array.of(salt))),
    ...more,
  );
const trailer = (value: number): Uint8Array =>
  encodeElement(contextConstructed(3), encodeUnsigned(Uint8Array.of(value)));

test("PSS in its one form", () => {
  const id = oid("1.2.840.113549.1.1.10");
  const expected = { scheme: "rsa-pss", hash: "sha256", saltLength: 32 };
  assert.equal(read(id, pss(sha256, sha256, 32)), expected);
  assert.equal(read(id, pss(sha256, sha256, 32, trailer(1))), expected);
  assert.is(read(id, pss(sha256, sha256, 20)), undefined);
  assert.is(read(id, pss(sha256, "2.16.840.1.101.3.4.2.2", 32)), undefined);
  assert.is(read(id, pss("1.3.14.3.2.26", "1.3.14.3.2.26", 20)), undefined);
  assert.is(read(id, pss(sha256, sha256, 32, trailer(2))), undefined);
  assert.is(read(id, sequence()), undefined);
  assert.is(read(id), undefined);
});

test("malformed", () => {
  for (const parts of [
    [],
    [none],
    [oid("1.2.3"), none, none],
    [oid("1.2.840.113549.1.1.10"), pss(sha256, sha256, 32, none)],
  ])
    throwsCode("malformed", () => read(...parts));
});

test("hashes", () => {
  assert.is(hashOfOid(sha256), "sha256");
  for (const other of ["1.3.14.3.2.26", "toString", ""]) assert.is(hashOfOid(other), undefined);
});

test.run();
