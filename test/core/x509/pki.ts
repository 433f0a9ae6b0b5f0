/** Certificates for tests, right or wrong in one way: built from bytes, so that nothing corrects what is wrong. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { encodeBitString, encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { encodeOid } from "../../../core/asn1/oid.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { type Certificate, parseCertificate } from "../../../core/x509/certificate.ts";
import { defaultLimits } from "../../../core/limits.ts";

const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
export const oid = (text: string): Uint8Array => encodeElement(Tag.oid, encodeOid(text));
export const element = encodeElement;

export interface TestKey {
  readonly privateKey: KeyObject;
  readonly spki: Uint8Array;
  readonly algorithm: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

export type KeyKind = "P-256" | "P-384" | "P-521" | "rsa" | "ed25519";

const hashes = { "P-256": "sha256", "P-384": "sha384", "P-521": "sha512", rsa: "sha256", ed25519: null } as const;
const algorithms: Readonly<Record<KeyKind, Uint8Array>> = {
  "P-256": sequence(oid("1.2.840.10045.4.3.2")),
  "P-384": sequence(oid("1.2.840.10045.4.3.3")),
  "P-521": sequence(oid("1.2.840.10045.4.3.4")),
  rsa: sequence(oid("1.2.840.113549.1.1.11"), element(Tag.null)),
  ed25519: sequence(oid("1.3.101.112")),
};

function generate(kind: KeyKind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === "rsa") return generateKeyPairSync("rsa", { modulusLength: 2048 });
  return kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: kind });
}

/** A key pair that signs with its kind's own hash. */
export function newKey(kind: KeyKind = "P-256"): TestKey {
  const { publicKey, privateKey } = generate(kind);
  return {
    privateKey,
    spki: new Uint8Array(publicKey.export({ type: "spki", format: "der" })),
    algorithm: algorithms[kind],
    sign: (message) => new Uint8Array(sign(hashes[kind], message, privateKey)),
  };
}

/** A Name of one common name; an empty Name for an empty text. */
export const nameOf = (commonName: string): Uint8Array =>
  commonName === ""
    ? sequence()
    : sequence(element(Tag.set, sequence(oid("2.5.4.3"), element(Tag.utf8String, encodeUtf8(commonName)))));

const digits = (value: number, width = 2): string => String(value).padStart(width, "0");

/** UTCTime up to 2049, GeneralizedTime from then on. */
export function timeOf(date: Date): Uint8Array {
  const rest = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
    .map((value) => digits(value))
    .join("");
  const year = date.getUTCFullYear();
  return year < 2050
    ? element(Tag.utcTime, encodeUtf8(`${digits(year % 100)}${rest}Z`))
    : element(Tag.generalizedTime, encodeUtf8(`${digits(year, 4)}${rest}Z`));
}

export interface TestExtension {
  readonly oid: string;
  readonly critical?: boolean;
  /** DER of the value, inside the OCTET STRING. */
  readonly value: Uint8Array;
}

export const encodeExtension = ({ oid: id, critical = false, value }: TestExtension): Uint8Array =>
  sequence(oid(id), ...(critical ? [element(Tag.boolean, Uint8Array.of(0xff))] : []), element(Tag.octetString, value));

const truth = element(Tag.boolean, Uint8Array.of(0xff));

export const basicConstraints = (pathLength?: number, isAuthority = true): TestExtension => ({
  oid: "2.5.29.19",
  critical: true,
  value: sequence(
    ...(isAuthority ? [truth] : []),
    ...(pathLength === undefined ? [] : [encodeUnsigned(Uint8Array.of(pathLength))]),
  ),
});

/** `bits`: the first byte of the bit string: 0x80 digital signature, 0x04 certificate signing. */
export const keyUsage = (bits: number): TestExtension => ({
  oid: "2.5.29.15",
  critical: true,
  value: element(Tag.bitString, Uint8Array.of(0, bits)),
});

export const codeSigning = "1.3.6.1.5.5.7.3.3";
export const extendedKeyUsage = (...purposes: readonly string[]): TestExtension => ({
  oid: "2.5.29.37",
  value: sequence(...purposes.map(oid)),
});

const ia5 = (tag: number, text: string): Uint8Array => element(tag, encodeUtf8(text));
export const general = {
  email: (text: string) => ia5(contextPrimitive(1), text),
  dns: (text: string) => ia5(contextPrimitive(2), text),
  uri: (text: string) => ia5(contextPrimitive(6), text),
  ip: (...bytes: number[]) => element(contextPrimitive(7), Uint8Array.from(bytes)),
  directory: (commonName: string) => element(contextConstructed(4), nameOf(commonName)),
  other: (type: string, value: Uint8Array) =>
    element(contextConstructed(0), oid(type), element(contextConstructed(0), value)),
};

export const alternativeNames = (critical: boolean, ...names: Uint8Array[]): TestExtension => ({
  oid: "2.5.29.17",
  critical,
  value: sequence(...names),
});

export const nameConstraints = (permitted: Uint8Array[], excluded: Uint8Array[], critical = true): TestExtension => ({
  oid: "2.5.29.30",
  critical,
  value: sequence(
    ...(permitted.length === 0 ? [] : [element(contextConstructed(0), ...permitted.map((base) => sequence(base)))]),
    ...(excluded.length === 0 ? [] : [element(contextConstructed(1), ...excluded.map((base) => sequence(base)))]),
  ),
});

export interface CertificateOptions {
  readonly subject?: string;
  readonly key?: TestKey;
  /** Who signs; the certificate itself where missing. */
  readonly issuer?: Issuer;
  readonly extensions?: readonly TestExtension[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Number in the version field; 2 is version 3. `undefined` leaves the field out. */
  readonly version?: number | undefined;
  readonly serialNumber?: Uint8Array;
  /** Replaces parts of the TBSCertificate before it is signed. */
  readonly tamper?: (parts: Record<TbsPart, Uint8Array>) => Partial<Record<TbsPart, Uint8Array>>;
  readonly outerAlgorithm?: Uint8Array;
}

export type TbsPart =
  | "version"
  | "serialNumber"
  | "algorithm"
  | "issuer"
  | "validity"
  | "subject"
  | "spki"
  | "extensions";

/** A certificate with the key to sign others. */
export interface Issuer {
  readonly name: Uint8Array;
  readonly key: TestKey;
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

export const noon = new Date("2026-03-01T12:00:00Z");

/** DER of a certificate. */
export function encodeCertificate(options: CertificateOptions = {}): Uint8Array {
  const {
    subject = "leaf",
    key = newKey(),
    issuer,
    extensions = [],
    notBefore = new Date("2026-01-01T00:00:00Z"),
    notAfter = new Date("2027-01-01T00:00:00Z"),
    serialNumber = Uint8Array.of(7),
  } = options;
  const version = "version" in options ? options.version : 2;
  const signer = issuer?.key ?? key;
  const parts: Record<TbsPart, Uint8Array> = {
    version:
      version === undefined
        ? new Uint8Array(0)
        : element(contextConstructed(0), encodeUnsigned(Uint8Array.of(version))),
    serialNumber: encodeUnsigned(serialNumber),
    algorithm: signer.algorithm,
    issuer: issuer?.name ?? nameOf(subject),
    validity: sequence(timeOf(notBefore), timeOf(notAfter)),
    subject: nameOf(subject),
    spki: key.spki,
    extensions:
      extensions.length === 0
        ? new Uint8Array(0)
        : element(contextConstructed(3), sequence(...extensions.map(encodeExtension))),
  };
  const {
    version: first,
    serialNumber: second,
    algorithm,
    issuer: issuerName,
    validity,
    subject: subjectName,
    spki,
    extensions: last,
  } = { ...parts, ...options.tamper?.(parts) };
  const tbs = sequence(first, second, algorithm, issuerName, validity, subjectName, spki, last);
  return sequence(tbs, options.outerAlgorithm ?? signer.algorithm, encodeBitString(signer.sign(tbs)));
}

export const makeCertificate = (options: CertificateOptions = {}): Certificate =>
  parseCertificate(encodeCertificate(options), defaultLimits);

/** An authority: CA true, certificate signing, no path length unless the extensions say otherwise. */
export function makeAuthority(subject: string, options: CertificateOptions = {}): Issuer {
  const key = options.key ?? newKey();
  const der = encodeCertificate({ extensions: [basicConstraints(), keyUsage(0x04)], ...options, subject, key });
  return { name: nameOf(subject), key, der, certificate: parseCertificate(der, defaultLimits) };
}

/** What Fulcio gives a leaf: digital signatures, code signing, one critical URI. */
export const leafExtensions: readonly TestExtension[] = [
  keyUsage(0x80),
  extendedKeyUsage(codeSigning),
  alternativeNames(true, general.uri("https://example.com/workflow@main")),
];
