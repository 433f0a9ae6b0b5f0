/** The extensions that path validation reads. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { encodeOid } from "../../../core/asn1/oid.ts";
import { contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import {
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseInhibitAnyPolicy,
  parseKeyUsage,
  parsePurposes,
  parseSubjectKeyIdentifier,
  standardNumber,
} from "../../../core/x509/extension.ts";
import { throwsCode } from "../../support/assert.ts";
import { oid } from "../../lab/der.ts";
import { basicConstraints, extendedKeyUsage, keyUsage } from "../../lab/extensions.ts";
import { plainCertificate } from "../../lab/plain-certificate.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/x509/extension");

test("basic constraints", () => {
  assert.equal(parseBasicConstraints(basicConstraints(true).value, defaultLimits), { isAuthority: true });
  assert.equal(parseBasicConstraints(basicConstraints(true, 2).value, defaultLimits), {
    isAuthority: true,
    pathLength: 2,
  });
  assert.equal(parseBasicConstraints(encodeElement(Tag.sequence), defaultLimits), { isAuthority: false });
  assert.equal(parseBasicConstraints(encodeElement(Tag.sequence, Uint8Array.of(1, 1, 0)), defaultLimits), {
    isAuthority: false,
  });
  for (const wrong of [
    encodeElement(Tag.sequence, Uint8Array.of(1, 1, 1)),
    encodeElement(Tag.sequence, Uint8Array.of(2, 1, 0), Uint8Array.of(1, 1, 0xff)),
  ])
    throwsCode("malformed", () => parseBasicConstraints(wrong, defaultLimits));
});

test("key usage bits in order", () => {
  assert.equal(parseKeyUsage(keyUsage("keyCertSign", "cRLSign").value, defaultLimits), ["keyCertSign", "cRLSign"]);
  assert.equal(parseKeyUsage(encodeElement(Tag.bitString, Uint8Array.of(7, 0x80, 0x80)), defaultLimits), [
    "digitalSignature",
    "decipherOnly",
  ]);
  assert.equal(parseKeyUsage(encodeElement(Tag.bitString, Uint8Array.of(0)), defaultLimits), []);
});

test("purposes and key identifiers", () => {
  assert.equal(parsePurposes(extendedKeyUsage(["1.2.3", "2.5.29.37.0"]).value, defaultLimits), [
    "1.2.3",
    "2.5.29.37.0",
  ]);
  assert.equal([...parseSubjectKeyIdentifier(encodeElement(Tag.octetString, Uint8Array.of(9)), defaultLimits)], [9]);
  assert.equal(
    [
      ...(parseAuthorityKeyIdentifier(
        encodeElement(
          Tag.sequence,
          encodeElement(contextPrimitive(0), Uint8Array.of(8)),
          encodeElement(contextPrimitive(2), Uint8Array.of(1)),
        ),
        defaultLimits,
      ) ?? []),
    ],
    [8],
  );
  assert.is(parseAuthorityKeyIdentifier(encodeElement(Tag.sequence), defaultLimits), undefined);
  assert.is(parseInhibitAnyPolicy(Uint8Array.of(2, 1, 4), defaultLimits), 4);
  throwsCode("malformed", () => parseInhibitAnyPolicy(Uint8Array.of(2, 1, 4, 0), defaultLimits));
  throwsCode("malformed", () => parseSubjectKeyIdentifier(oid("1.2"), defaultLimits));
});

test("parts of an extension", () => {
  const { extensions } = plainCertificate({
    extensions: [keyUsage("digitalSignature"), { id: "1.3.6.1.4.1.57264.1.8", value: Uint8Array.of(1, 2) }],
  });
  const [usage, other] = extensions;
  assert.ok(usage && other);
  assert.is(standardNumber(usage), 15);
  assert.is(standardNumber(other), -1);
  assert.is(other.oid, "1.3.6.1.4.1.57264.1.8");
  assert.equal([...other.value], [1, 2]);
  assert.is(other.numberBelow(encodeOid("1.3.6.1.4.1.57264.1")), 8);
  assert.ok(other.isOf(encodeOid("1.3.6.1.4.1.57264.1.8")));
  assert.not.ok(other.isOf(encodeOid("1.3.6.1.4.1.57264.1.9")));
  assert.not.ok(other.isLike(usage));
  assert.is(other.der[0], Tag.sequence);
});

test.run();
