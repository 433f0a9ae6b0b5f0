import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parsePem } from "../../../../core/encoding/pem.ts";
import { certificateStructure, requestStructure } from "../../../../core/kyverno/functions/go-certificate.ts";
import { onlyEngineErrors, throwsCode } from "../../../support/assert.ts";
import { ellipticPem, requestPem, rsaPem } from "./test-certificates.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/functions/go-certificate");
const bytesOf = (pem: string): Uint8Array => parsePem(pem)[0]?.bytes ?? new Uint8Array();
const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

test("a certificate", () => {
  const certificate = plain(certificateStructure(bytesOf(rsaPem), defaultLimits));
  assert.is(Object.keys(certificate).length, 52);
  const {
    Raw,
    RawTBSCertificate,
    RawSubjectPublicKeyInfo,
    RawSubject,
    RawIssuer,
    Signature,
    Extensions,
    PublicKey,
    Subject,
    Issuer,
    ...rest
  } = certificate;
  for (const raw of [Raw, RawTBSCertificate, RawSubjectPublicKeyInfo, RawSubject, RawIssuer, Signature])
    assert.match(String(raw), /^[A-Za-z0-9+/]+={0,2}$/);
  assert.equal(Subject, Issuer);
  assert.is((Subject as { CommonName: string }).CommonName, "cn.example");
  assert.is((PublicKey as { E: number }).E, 65_537);
  assert.match((PublicKey as { N: string }).N, /^[0-9]{300,}$/);
  assert.is((Extensions as readonly unknown[]).length, 10);
  assert.equal(rest, {
    SignatureAlgorithm: 4,
    PublicKeyAlgorithm: 1,
    Version: 3,
    SerialNumber: 77,
    NotBefore: "2026-01-02T03:04:05Z",
    NotAfter: "2066-01-02T03:04:05Z",
    ExtraExtensions: null,
    UnhandledCriticalExtensions: [[1, 2, 3]],
    KeyUsage: 33,
    ExtKeyUsage: [3],
    UnknownExtKeyUsage: [[1, 3, 9]],
    BasicConstraintsValid: true,
    IsCA: true,
    MaxPathLen: 0,
    MaxPathLenZero: true,
    SubjectKeyId: "AQI=",
    AuthorityKeyId: rest.AuthorityKeyId,
    OCSPServer: ["http://o.example"],
    IssuingCertificateURL: null,
    CRLDistributionPoints: ["http://c.example/1"],
    DNSNames: ["a.example"],
    EmailAddresses: null,
    IPAddresses: ["1.2.3.4"],
    URIs: [
      {
        Scheme: "spiffe",
        Opaque: "",
        User: null,
        Host: "td",
        Path: "/a",
        Fragment: "",
        RawQuery: "",
        RawPath: "",
        RawFragment: "",
        ForceQuery: false,
        OmitHost: false,
      },
    ],
    PermittedDNSDomainsCritical: true,
    PermittedDNSDomains: ["a.example"],
    ExcludedDNSDomains: null,
    PermittedIPRanges: null,
    ExcludedIPRanges: [{ IP: "10.0.0.0", Mask: "/wAAAA==" }],
    PermittedEmailAddresses: ["a@b.example"],
    ExcludedEmailAddresses: null,
    PermittedURIDomains: null,
    ExcludedURIDomains: null,
    PolicyIdentifiers: null,
    Policies: null,
    PolicyMappings: null,
    InhibitAnyPolicy: 0,
    InhibitAnyPolicyZero: false,
    InhibitPolicyMapping: 0,
    InhibitPolicyMappingZero: false,
    RequireExplicitPolicy: 0,
    RequireExplicitPolicyZero: false,
  });
});

test("a request", () => {
  const request = plain(requestStructure(bytesOf(requestPem), defaultLimits));
  assert.is(Object.keys(request).length, 17);
  assert.equal([request.Version, request.SignatureAlgorithm, request.DNSNames], [0, 4, ["a.example"]]);
  assert.equal(request.Attributes, [
    { Type: [1, 2, 840, 113549, 1, 9, 14], Value: [[{ Type: [2, 5, 29, 17], Value: "MAuCCWEuZXhhbXBsZQ==" }]] },
  ]);
});

test("other keys and damage", () => {
  throwsCode("unresolved", () => certificateStructure(bytesOf(ellipticPem), defaultLimits));
  for (const [pem, read] of [
    [rsaPem, certificateStructure],
    [requestPem, requestStructure],
  ] as const) {
    const bytes = bytesOf(pem);
    for (let end = 0; end < bytes.length; end++)
      assert.is(
        onlyEngineErrors(() => read(bytes.subarray(0, end), defaultLimits)),
        "threw",
      );
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      onlyEngineErrors(() => read(flipped, defaultLimits));
    }
  }
});

test.run();
