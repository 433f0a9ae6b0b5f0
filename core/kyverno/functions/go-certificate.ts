/**
 * A certificate or a certificate request with the field names that Go's structures have in JSON. Source: Go's
 * crypto/x509 and crypto/x509/pkix packages.
 */
import { type DerReader, openDer } from "../../asn1/der.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../asn1/tag.ts";
import type { PublicKey } from "../../crypto/public-key.ts";
import { readSpki } from "../../crypto/public-key.ts";
import { encodeBase64 } from "../../encoding/base64.ts";
import { fail } from "../../jmespath/functions/signature.ts";
import type { Value, ValueList, ValueMap } from "../../jmespath/value.ts";
import { type Certificate, parseCertificate } from "../../x509/certificate.ts";
import { toAddressText } from "../../x509/domain.ts";
import { type Extension, readExtensions } from "../../x509/extension.ts";
import { type GeneralName, parseGeneralNames } from "../../x509/general-name.ts";
import { parseName } from "../../x509/name.ts";
import { readSignatureAlgorithm } from "../../x509/signature-algorithm.ts";
import type { Subtree } from "../../x509/name-constraints.ts";
import { urlStructure } from "./url.ts";
import type { Limits } from "../../limits.ts";

/** Nothing is Go's nil slice. */
const listOrNull = (items: ValueList): Value => (items.length === 0 ? null : items);
const base64OrNull = (bytes: Uint8Array | undefined): Value => (bytes === undefined ? null : encodeBase64(bytes));
const components = (oid: string): ValueList => oid.split(".").map(Number);

const nameFields: Readonly<Record<string, string>> = {
  "2.5.4.6": "Country",
  "2.5.4.10": "Organization",
  "2.5.4.11": "OrganizationalUnit",
  "2.5.4.7": "Locality",
  "2.5.4.8": "Province",
  "2.5.4.9": "StreetAddress",
  "2.5.4.17": "PostalCode",
};

/** pkix.Name: known attributes by name, the last serial number and common name, all of them in order. */
function nameStructure(raw: Uint8Array, limits: Limits): ValueMap {
  const attributes = parseName(raw, limits).flat();
  const valuesOf = (oid: string): readonly string[] =>
    attributes.filter(({ type }) => type === oid).map(({ value }) => value);
  return {
    ...Object.fromEntries(Object.entries(nameFields).map(([oid, field]) => [field, listOrNull(valuesOf(oid))])),
    SerialNumber: valuesOf("2.5.4.5").at(-1) ?? "",
    CommonName: valuesOf("2.5.4.3").at(-1) ?? "",
    Names: listOrNull(attributes.map(({ type, value }) => ({ Type: components(type), Value: value }))),
    ExtraNames: null,
  };
}

const integerOf = (bytes: Uint8Array): bigint => bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);

/** Modulus in decimal, exponent as a number: what Kyverno puts in the place of Go's key. */
function keyStructure(key: PublicKey | undefined): ValueMap {
  if (key?.type !== "rsa") return fail("certificate should use rsa algorithm");
  return { N: integerOf(key.modulus).toString(), E: key.exponent };
}

const signatureAlgorithms: readonly string[] = [
  "",
  "1.2.840.113549.1.1.2",
  "1.2.840.113549.1.1.4",
  "1.2.840.113549.1.1.5",
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10040.4.3",
  "2.16.840.1.101.3.4.3.2",
  "1.2.840.10045.4.1",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
];
const pssAlgorithm = "1.2.840.113549.1.1.10";
const ed25519Algorithm = "1.3.101.112";
const firstPss = 13;
const pssHashes = ["sha256", "sha384", "sha512"];

/** Go's number of a signature algorithm, 0 for one that it does not know. */
function signatureNumber(element: Uint8Array, limits: Limits): number {
  const oid = openDer(element, Tag.sequence, "signature algorithm", limits).oid();
  if (oid === ed25519Algorithm) return 16;
  if (oid !== pssAlgorithm) return Math.max(0, signatureAlgorithms.indexOf(oid));
  const algorithm = readSignatureAlgorithm(element, "signature algorithm", limits);
  const hash = algorithm !== undefined && "hash" in algorithm ? pssHashes.indexOf(algorithm.hash) : -1;
  return hash < 0 ? 0 : firstPss + hash;
}

const extensionStructure = (extension: Extension): ValueMap => ({
  Id: components(extension.oid),
  Critical: extension.critical,
  Value: encodeBase64(extension.value),
});

function alternativeNames(names: readonly GeneralName[]): ValueMap {
  const of = (kind: GeneralName["kind"]): ValueList =>
    names.flatMap((name) =>
      name.kind === kind && "value" in name && typeof name.value === "string" ? [name.value] : [],
    );
  return {
    DNSNames: listOrNull(of("dns")),
    EmailAddresses: listOrNull(of("email")),
    IPAddresses: listOrNull(of("ip")),
    URIs: listOrNull(of("uri").map((uri) => urlStructure(uri as string))),
  };
}

/** Purposes that Go has numbers for, by number. */
const purposes: readonly string[] = [
  "2.5.29.37.0",
  "1.3.6.1.5.5.7.3.1",
  "1.3.6.1.5.5.7.3.2",
  "1.3.6.1.5.5.7.3.3",
  "1.3.6.1.5.5.7.3.4",
  "1.3.6.1.5.5.7.3.5",
  "1.3.6.1.5.5.7.3.6",
  "1.3.6.1.5.5.7.3.7",
  "1.3.6.1.5.5.7.3.8",
  "1.3.6.1.5.5.7.3.9",
  "1.3.6.1.4.1.311.10.3.3",
  "2.16.840.1.113730.4.1",
  "1.3.6.1.4.1.311.2.1.22",
  "1.3.6.1.4.1.311.61.1.1",
];

const usageNumbers: Readonly<Record<string, number>> = {
  digitalSignature: 1,
  contentCommitment: 2,
  keyEncipherment: 4,
  dataEncipherment: 8,
  keyAgreement: 16,
  keyCertSign: 32,
  cRLSign: 64,
  encipherOnly: 128,
  decipherOnly: 256,
};

function usageStructure(certificate: Certificate): ValueMap {
  const extended = certificate.extendedKeyUsage ?? [];
  return {
    KeyUsage: (certificate.keyUsage ?? []).reduce((bits, usage) => bits | (usageNumbers[usage] ?? 0), 0),
    ExtKeyUsage: listOrNull(extended.flatMap((oid) => (purposes.includes(oid) ? [purposes.indexOf(oid)] : []))),
    UnknownExtKeyUsage: listOrNull(extended.flatMap((oid) => (purposes.includes(oid) ? [] : [components(oid)]))),
  };
}

function constraintText(subtree: Subtree): Value {
  switch (subtree.kind) {
    case "dns":
    case "uri":
      return subtree.domain;
    case "email":
      return subtree.local === undefined ? subtree.domain : `${subtree.local}@${subtree.domain}`;
    case "ip":
      return { IP: toAddressText(subtree.address), Mask: encodeBase64(subtree.mask) };
    case "form":
      return null;
  }
}

function constraintsStructure(certificate: Certificate): ValueMap {
  const { permitted = [], excluded = [] } = certificate.nameConstraints ?? {};
  const of = (subtrees: readonly Subtree[], kind: Subtree["kind"]): Value =>
    listOrNull(subtrees.filter((subtree) => subtree.kind === kind).map(constraintText));
  return {
    PermittedDNSDomainsCritical: certificate.extension("2.5.29.30")?.critical ?? false,
    PermittedDNSDomains: of(permitted, "dns"),
    ExcludedDNSDomains: of(excluded, "dns"),
    PermittedIPRanges: of(permitted, "ip"),
    ExcludedIPRanges: of(excluded, "ip"),
    PermittedEmailAddresses: of(permitted, "email"),
    ExcludedEmailAddresses: of(excluded, "email"),
    PermittedURIDomains: of(permitted, "uri"),
    ExcludedURIDomains: of(excluded, "uri"),
  };
}

function policyStructure(certificate: Certificate): ValueMap {
  const { requireExplicit, inhibitMapping } = certificate.policyConstraints ?? {};
  const { policies = [], policyMappings = [], inhibitAnyPolicy } = certificate;
  return {
    PolicyIdentifiers: listOrNull(policies.map(components)),
    Policies: listOrNull(policies),
    PolicyMappings: listOrNull(
      policyMappings.map(({ from, to }) => ({ IssuerDomainPolicy: from, SubjectDomainPolicy: to })),
    ),
    InhibitAnyPolicy: inhibitAnyPolicy ?? 0,
    InhibitAnyPolicyZero: inhibitAnyPolicy === 0,
    InhibitPolicyMapping: inhibitMapping ?? 0,
    InhibitPolicyMappingZero: inhibitMapping === 0,
    RequireExplicitPolicy: requireExplicit ?? 0,
    RequireExplicitPolicyZero: requireExplicit === 0,
  };
}

const uriTag = contextPrimitive(6);

/** URIs of the full names of CRL distribution points. */
function distributionPoints(value: Uint8Array | undefined, limits: Limits): ValueList {
  if (value === undefined) return [];
  const found: string[] = [];
  for (const list = openDer(value, Tag.sequence, "distribution points", limits); !list.atEnd; ) {
    const name = list.read(Tag.sequence).readOptional(contextConstructed(0))?.readOptional(contextConstructed(0));
    while (name !== undefined && !name.atEnd) {
      if (name.peek() === uriTag) found.push(String.fromCharCode(...name.content(uriTag)));
      else name.skip();
    }
  }
  return found;
}

/** URIs of one access method of the authority information. */
function accessLocations(value: Uint8Array | undefined, method: string, limits: Limits): ValueList {
  if (value === undefined) return [];
  const found: string[] = [];
  for (const list = openDer(value, Tag.sequence, "authority information", limits); !list.atEnd; ) {
    const fields = list.read(Tag.sequence);
    if (fields.oid() === method && fields.peek() === uriTag) found.push(String.fromCharCode(...fields.content(uriTag)));
  }
  return found;
}

/**
 * Extensions that Go reads, so that a critical one is handled. Name constraints are only where it compares every form
 * in them.
 */
const handled: ReadonlySet<string> = new Set(
  [14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54].map((number) => `2.5.29.${number}`).concat("1.3.6.1.5.5.7.1.1"),
);

function isUnhandled(extension: Extension, certificate: Certificate): boolean {
  if (!extension.critical) return false;
  if (extension.oid === "2.5.29.17")
    return !certificate.subjectAlternativeNames.some((name) => ["dns", "email", "ip", "uri"].includes(name.kind));
  if (extension.oid === "2.5.29.30")
    return [...(certificate.nameConstraints?.permitted ?? []), ...(certificate.nameConstraints?.excluded ?? [])].some(
      (subtree) => subtree.kind === "form",
    );
  return !handled.has(extension.oid);
}

/** Time without a fraction, as Go prints it. */
const time = (date: Date): string => date.toISOString().replace(".000Z", "Z");

/** @throws EngineError `malformed` on what is no certificate, `unresolved` on a key that is not RSA */
export function certificateStructure(der: Uint8Array, limits: Limits): ValueMap {
  const certificate = parseCertificate(der, limits);
  const key = keyStructure(certificate.publicKey);
  const outer = openDer(der, Tag.sequence, "certificate", limits);
  outer.skip();
  const { basicConstraints } = certificate;
  return {
    Raw: encodeBase64(der),
    RawTBSCertificate: encodeBase64(certificate.tbs),
    RawSubjectPublicKeyInfo: encodeBase64(certificate.subjectPublicKeyInfo),
    RawSubject: encodeBase64(certificate.subject),
    RawIssuer: encodeBase64(certificate.issuer),
    Signature: encodeBase64(certificate.signature),
    SignatureAlgorithm: signatureNumber(outer.element(), limits),
    PublicKeyAlgorithm: 1,
    PublicKey: key,
    Version: certificate.version,
    SerialNumber: Number(integerOf(certificate.serialNumber)),
    Issuer: nameStructure(certificate.issuer, limits),
    Subject: nameStructure(certificate.subject, limits),
    NotBefore: time(certificate.notBefore),
    NotAfter: time(certificate.notAfter),
    Extensions: listOrNull(certificate.extensions.map(extensionStructure)),
    ExtraExtensions: null,
    UnhandledCriticalExtensions: listOrNull(
      certificate.extensions
        .filter((extension) => isUnhandled(extension, certificate))
        .map((extension) => components(extension.oid)),
    ),
    ...usageStructure(certificate),
    BasicConstraintsValid: basicConstraints !== undefined,
    IsCA: basicConstraints?.isAuthority ?? false,
    MaxPathLen: basicConstraints === undefined ? 0 : (basicConstraints.pathLength ?? -1),
    MaxPathLenZero: basicConstraints?.pathLength === 0,
    SubjectKeyId: base64OrNull(certificate.subjectKeyIdentifier),
    AuthorityKeyId: base64OrNull(certificate.authorityKeyIdentifier),
    OCSPServer: listOrNull(
      accessLocations(certificate.extension("1.3.6.1.5.5.7.1.1")?.value, "1.3.6.1.5.5.7.48.1", limits),
    ),
    IssuingCertificateURL: listOrNull(
      accessLocations(certificate.extension("1.3.6.1.5.5.7.1.1")?.value, "1.3.6.1.5.5.7.48.2", limits),
    ),
    CRLDistributionPoints: listOrNull(distributionPoints(certificate.extension("2.5.29.31")?.value, limits)),
    ...alternativeNames(certificate.subjectAlternativeNames),
    ...constraintsStructure(certificate),
    ...policyStructure(certificate),
  };
}

/**
 * The value of an attribute as Go's asn1 package reads an `any`: text, bytes in base64, numbers and truth; null for the
 * rest.
 */
function anyValue(reader: DerReader): Value {
  switch (reader.peek()) {
    case Tag.boolean:
      return reader.boolean();
    case Tag.octetString:
      return encodeBase64(reader.octetString());
    case Tag.integer:
      return Number(reader.smallInteger(Number.MAX_SAFE_INTEGER));
    case Tag.oid:
      return components(reader.oid());
    default:
      reader.skip();
      return null;
  }
}

/**
 * The attributes of a request that are sets of lists of attributes, which extension requests are; others Go passes
 * over.
 */
function requestAttributes(
  list: DerReader,
  limits: Limits,
): {
  readonly structures: ValueList;
  readonly extensions: readonly Extension[];
} {
  const structures: Value[] = [];
  const extensions: Extension[] = [];
  while (!list.atEnd) {
    const attribute = list.read(Tag.sequence);
    const type = attribute.oid();
    const set = attribute.read(Tag.set);
    const groups: Value[] = [];
    let fits = true;
    while (!set.atEnd) {
      if (set.peek() !== Tag.sequence) {
        fits = false;
        break;
      }
      const group = set.element(Tag.sequence);
      if (type === "1.2.840.113549.1.9.14")
        extensions.push(
          ...readExtensions(
            openDer(group, Tag.sequence, "requested extensions", limits),
            limits.extensionsPerCertificate,
          ),
        );
      const members: Value[] = [];
      for (const inner = openDer(group, Tag.sequence, "request attribute", limits); !inner.atEnd; ) {
        const member = inner.read(Tag.sequence);
        members.push({ Type: components(member.oid()), Value: anyValue(member) });
      }
      groups.push(members);
    }
    if (fits) structures.push({ Type: components(type), Value: groups });
  }
  return { structures, extensions };
}

/** @throws EngineError `malformed` on what is no request, `unresolved` on a key that is not RSA */
export function requestStructure(der: Uint8Array, limits: Limits): ValueMap {
  const outer = openDer(der, Tag.sequence, "certificate request", limits);
  const tbs = outer.element(Tag.sequence);
  const algorithm = outer.element(Tag.sequence);
  const signature = outer.bitString();
  outer.end();
  const fields = openDer(tbs, Tag.sequence, "certificate request", limits);
  const version = fields.smallInteger(2 ** 31 - 1);
  const subject = fields.element(Tag.sequence);
  const keyInfo = fields.element(Tag.sequence);
  const key = keyStructure(readSpki(keyInfo, limits));
  const list = fields.readOptional(contextConstructed(0));
  fields.end();
  const { structures, extensions } =
    list === undefined ? { structures: [], extensions: [] } : requestAttributes(list, limits);
  const names = extensions.find((extension) => extension.oid === "2.5.29.17");
  return {
    Raw: encodeBase64(der),
    RawTBSCertificateRequest: encodeBase64(tbs),
    RawSubjectPublicKeyInfo: encodeBase64(keyInfo),
    RawSubject: encodeBase64(subject),
    Version: version,
    Signature: encodeBase64(signature),
    SignatureAlgorithm: signatureNumber(algorithm, limits),
    PublicKeyAlgorithm: 1,
    PublicKey: key,
    Subject: nameStructure(subject, limits),
    Attributes: listOrNull(structures),
    Extensions: listOrNull(extensions.map(extensionStructure)),
    ExtraExtensions: null,
    ...alternativeNames(names === undefined ? [] : parseGeneralNames(names.value, "subject alternative name", limits)),
  };
}
