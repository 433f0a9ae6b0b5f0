/** Parsing certificates: real ones beside two oracles, wrong ones one fault at a time. */
import "reflect-metadata";
import { createHash, X509Certificate as NodeCertificate } from "node:crypto";
import { X509Certificate as PeculiarCertificate } from "@peculiar/x509";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { encodePem } from "../../../core/encoding/pem.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseCertificate, parseCertificatesPem } from "../../../core/x509/certificate.ts";
import { toNameText } from "../../../core/x509/name.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { skipped, vectorsDir } from "../../support/vectors.ts";
import { commonName, encodeExtension, type ExtensionSpec } from "../../lab/certificate.ts";
import { oid } from "../../lab/der.ts";
import { basicConstraints, keyUsage } from "../../lab/extensions.ts";
import { newKey } from "../../lab/keys.ts";
import { encodePlain, leafExtensions, plainCertificate, type PlainOptions } from "../../lab/plain-certificate.ts";
import { publicGood, realLeaves } from "./real.ts";

const test = suite("core/x509/certificate");
const key = newKey();
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
const make = (options: PlainOptions = {}): Uint8Array => encodePlain({ key, ...options });

test("fields of a certificate of our own", () => {
  const certificate = plainCertificate({
    key,
    subject: "me",
    extensions: [...leafExtensions, basicConstraints(true, 3)],
    serialNumber: Uint8Array.of(0x80, 1),
  });
  assert.is(certificate.version, 3);
  assert.is(encodeHex(certificate.serialNumber), "8001");
  assert.is(toNameText(certificate.subject, defaultLimits), "CN=me");
  assert.equal(certificate.subject, certificate.issuer);
  assert.is(certificate.notBefore.toISOString(), "2026-01-01T00:00:00.000Z");
  assert.is(certificate.publicKey?.type, "ecdsa");
  assert.equal(certificate.signatureAlgorithm, { scheme: "ecdsa", hash: "sha256" });
  assert.equal(certificate.keyUsage, ["digitalSignature"]);
  assert.equal(certificate.basicConstraints, { isAuthority: true, pathLength: 3 });
  assert.equal(certificate.subjectAlternativeNames, [{ kind: "uri", value: "https://example.com/workflow@main" }]);
  assert.is(certificate.extension("2.5.29.17")?.critical, true);
  assert.is(certificate.extension("2.5.29.30"), undefined);
  assert.is(certificate.fingerprint, createHash("sha256").update(certificate.der).digest("hex"));
});

test("versions 1 and 2 have no extensions", () => {
  assert.is(parseCertificate(make({ version: 1 }), defaultLimits).version, 1);
  assert.is(parseCertificate(make({ version: 2 }), defaultLimits).version, 2);
  for (const version of [1, 2])
    throwsCode("malformed", () =>
      parseCertificate(make({ version, extensions: [basicConstraints(true)] }), defaultLimits),
    );
  for (const version of [4, 6]) throwsCode("malformed", () => parseCertificate(make({ version }), defaultLimits));
});

test("unique identifiers from version 2 on", () => {
  const unique = encodeElement(contextPrimitive(1), Uint8Array.of(0, 1));
  assert.is(
    parseCertificate(make({ tamper: ({ spki }) => ({ spki: concat(spki, unique) }) }), defaultLimits).version,
    3,
  );
  throwsCode("malformed", () =>
    parseCertificate(make({ version: 1, tamper: ({ spki }) => ({ spki: concat(spki, unique) }) }), defaultLimits),
  );
});

const extension = (id: string, value: Uint8Array): ExtensionSpec => ({ id: id, value });
const rawExtensions = (...extensions: Uint8Array[]) => ({
  tamper: () => ({ extensions: encodeElement(contextConstructed(3), sequence(...extensions)) }),
});
const validity = (...times: Uint8Array[]) => ({ tamper: () => ({ validity: sequence(...times) }) });
const time = (tag: number, text: string): Uint8Array => encodeElement(tag, encodeUtf8(text));
const good = time(Tag.utcTime, "260101000000Z");

const refused: Readonly<Record<string, PlainOptions>> = {
  "negative serial number": { tamper: () => ({ serialNumber: Uint8Array.of(2, 1, 0x80) }) },
  "padded serial number": { tamper: () => ({ serialNumber: Uint8Array.of(2, 2, 0, 1) }) },
  "another outer algorithm": { outerAlgorithm: sequence(oid("1.2.840.10045.4.3.3")) },
  "outer algorithm with parameters": { outerAlgorithm: sequence(oid("1.2.840.10045.4.3.2"), encodeElement(Tag.null)) },
  "two extensions of a kind": { extensions: [keyUsage("digitalSignature"), keyUsage("digitalSignature")] },
  "empty list of extensions": rawExtensions(),
  "trailing bytes in the extensions": {
    tamper: () => ({
      extensions: encodeElement(
        contextConstructed(3),
        sequence(encodeExtension(keyUsage("digitalSignature"))),
        encodeElement(Tag.null),
      ),
    }),
  },
  "element after the extensions": {
    tamper: ({ extensions }) => ({ extensions: concat(extensions, encodeElement(Tag.null)) }),
    extensions: [keyUsage("digitalSignature")],
  },
  "extension with a third part": rawExtensions(
    sequence(oid("1.2.3"), encodeElement(Tag.octetString), encodeElement(Tag.null)),
  ),
  "extension without value": rawExtensions(sequence(oid("1.2.3"))),
  "criticality that is 1": rawExtensions(
    sequence(oid("1.2.3"), encodeElement(Tag.boolean, Uint8Array.of(1)), encodeElement(Tag.octetString)),
  ),
  "extension with a padded identifier": rawExtensions(
    sequence(encodeElement(Tag.oid, Uint8Array.of(0x55, 0x80, 1)), encodeElement(Tag.octetString)),
  ),
  "time with an offset": validity(good, time(Tag.utcTime, "2701010000+0000")),
  "time without seconds": validity(good, time(Tag.utcTime, "2701010000Z")),
  "time with a fraction": validity(good, time(Tag.generalizedTime, "20270101000000.5Z")),
  "one time": validity(good),
  "three times": validity(good, good, good),
  "key usage of nothing": { extensions: [extension("2.5.29.15", encodeElement(Tag.octetString))] },
  "trailing bytes in basic constraints": { extensions: [extension("2.5.29.19", concat(sequence(), Uint8Array.of(0)))] },
  "negative path length": {
    extensions: [
      extension("2.5.29.19", sequence(encodeElement(Tag.boolean, Uint8Array.of(0xff)), Uint8Array.of(2, 1, 0xff))),
    ],
  },
  "empty alternative names": { extensions: [extension("2.5.29.17", sequence())] },
  "empty extended key usage": { extensions: [extension("2.5.29.37", sequence())] },
  "empty name constraints": { extensions: [extension("2.5.29.30", sequence())] },
  "empty policies": { extensions: [extension("2.5.29.32", sequence())] },
  "empty policy constraints": { extensions: [extension("2.5.29.36", sequence())] },
  "policy mapping to any policy": {
    extensions: [extension("2.5.29.33", sequence(sequence(oid("1.2.3"), oid("2.5.29.32.0"))))],
  },
  "name that is no sequence": { tamper: () => ({ subject: encodeElement(Tag.set) }) },
  "name with an empty set": { tamper: () => ({ subject: sequence(encodeElement(Tag.set)) }) },
  "name with a wrong string": {
    tamper: () => ({
      subject: sequence(
        encodeElement(Tag.set, sequence(oid("2.5.4.3"), encodeElement(Tag.utf8String, Uint8Array.of(0xff)))),
      ),
    }),
  },
  "key off the curve": {
    tamper: ({ spki }) => ({ spki: spki.map((byte, index) => (index === spki.length - 1 ? byte ^ 1 : byte)) }),
  },
};
for (const [what, options] of Object.entries(refused))
  test(`refused: ${what}`, () => void throwsCode("malformed", () => parseCertificate(make(options), defaultLimits)));

test("an explicit FALSE is read, as Go reads it", () => {
  const certificate = parseCertificate(
    make(
      rawExtensions(
        sequence(oid("1.2.3"), encodeElement(Tag.boolean, Uint8Array.of(0)), encodeElement(Tag.octetString)),
      ),
    ),
    defaultLimits,
  );
  assert.is(certificate.extension("1.2.3")?.critical, false);
});

test("keys and algorithms that are not ours are left out", () => {
  const other = plainCertificate({
    key,
    tamper: () => ({ spki: sequence(sequence(oid("1.3.101.110")), encodeElement(Tag.bitString, new Uint8Array(33))) }),
  });
  assert.is(other.publicKey, undefined);
  const sha1 = sequence(oid("1.2.840.10045.4.1"));
  assert.is(
    plainCertificate({ key, tamper: () => ({ algorithm: sha1 }), outerAlgorithm: sha1 }).signatureAlgorithm,
    undefined,
  );
});

test("bounds", () => {
  throwsCode("over-limit", () =>
    parseCertificate(
      make({ extensions: [extension("1.2.3", new Uint8Array(defaultLimits.certificateBytes))] }),
      defaultLimits,
    ),
  );
  const many = Array.from({ length: defaultLimits.extensionsPerCertificate + 1 }, (_, index) =>
    extension(`1.2.3.${index}`, new Uint8Array(0)),
  );
  throwsCode("over-limit", () => parseCertificate(make({ extensions: many }), defaultLimits));
  assert.is(
    parseCertificate(make({ extensions: many.slice(1) }), defaultLimits).extensions.length,
    defaultLimits.extensionsPerCertificate,
  );
});

test("PEM", () => {
  const pem = (label: string, der: Uint8Array): string => encodePem(label, encodeBase64(der));
  const [one, two] = [make({ subject: "one" }), make({ subject: "two" })];
  assert.equal(
    parseCertificatesPem(`intro\n${pem("CERTIFICATE", one)}between\n${pem("CERTIFICATE", two)}`, defaultLimits).map(
      ({ subject }) => toNameText(subject, defaultLimits),
    ),
    ["CN=one", "CN=two"],
  );
  for (const text of [
    "",
    "text",
    pem("PUBLIC KEY", one),
    `${pem("CERTIFICATE", one)}${pem("PUBLIC KEY", one)}`,
    pem("CERTIFICATE", one.subarray(1)),
  ])
    throwsCode("malformed", () => parseCertificatesPem(text, defaultLimits));
});

test("cut or damaged bytes are an EngineError or another certificate", () => {
  const der = make({ extensions: [...leafExtensions, basicConstraints(true, 0)] });
  for (let length = 0; length < der.length; length++)
    throwsCode("malformed", () => parseCertificate(der.subarray(0, length), defaultLimits));
  throwsCode("malformed", () => parseCertificate(Uint8Array.of(...der, 0), defaultLimits));
  for (let index = 0; index < der.length; index++) {
    for (const mask of [1, 0x80, 0x20, 0xff]) {
      const other = der.slice();
      other[index] = (other[index] as number) ^ mask;
      onlyEngineErrors(() => parseCertificate(other, defaultLimits));
    }
  }
});

/** Compares what we read with what OpenSSL and @peculiar/x509 read. */
function compare(der: Uint8Array): void {
  const ours = parseCertificate(der, defaultLimits);
  const node = new NodeCertificate(der);
  const peculiar = new PeculiarCertificate(new Uint8Array(der));
  assert.is(BigInt(`0x${encodeHex(ours.serialNumber)}`), BigInt(`0x${node.serialNumber}`));
  assert.is(ours.notBefore.getTime(), Date.parse(node.validFrom));
  assert.is(ours.notAfter.getTime(), Date.parse(node.validTo));
  assert.is(ours.fingerprint, node.fingerprint256.replaceAll(":", "").toLowerCase());
  assert.equal(ours.subjectPublicKeyInfo, new Uint8Array(node.publicKey.export({ type: "spki", format: "der" })));
  assert.is(ours.basicConstraints?.isAuthority === true, node.ca);
  assert.equal(ours.extendedKeyUsage ?? [], node.keyUsage ?? []);
  assert.equal(
    ours.extensions.map(({ oid: id, critical, value }) => [id, critical, encodeHex(value)]),
    Array.from(peculiar.extensions, (other) => [other.type, other.critical, Buffer.from(other.value).toString("hex")]),
  );
  assert.equal(toNameText(ours.subject, defaultLimits).split(",").reverse().join(", "), peculiar.subject);
  const uri = ours.subjectAlternativeNames.find(({ kind }) => kind === "uri");
  if (uri?.kind === "uri") assert.ok(node.subjectAltName?.includes(uri.value));
}

const leaves = realLeaves();
if (vectorsDir() === undefined) skipped("core/x509/certificate", 40, "SALLYPORT_VECTORS is not set");
for (const { name, der } of leaves) test(`real leaf of ${name} beside the oracles`, () => compare(der));
test("real authorities beside the oracles", () => {
  const root = publicGood();
  for (const chain of [...(root?.authorities ?? []), ...(root?.timestampAuthorities ?? [])])
    for (const { der } of chain) compare(der);
});

test("a real leaf, every bit of its frame changed: nothing but EngineErrors", () => {
  for (const { der } of leaves.slice(0, 1)) {
    for (let length = 0; length < der.length; length += 3)
      throwsCode("malformed", () => parseCertificate(der.subarray(0, length), defaultLimits));
    for (let index = 0; index < der.length; index++) {
      const other = der.slice();
      other[index] = (other[index] as number) ^ (1 << (index % 8));
      onlyEngineErrors(() => parseCertificate(other, defaultLimits));
    }
  }
});

test("names are compared raw, and kept", () =>
  assert.equal(plainCertificate({ key, subject: "x" }).subject, commonName("x")));

test.run();
