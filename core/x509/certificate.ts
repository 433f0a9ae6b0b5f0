/**
 * X.509 certificates, as strictly as Go reads them. Source: RFC 5280 §4.1 and §4.2,
 * docs/spec/sigstore.md#certificate-paths.
 */
import { type DerReader, openDer } from "../asn1/der.ts";
import { encodeOid } from "../asn1/oid.ts";
import { contextConstructed, contextPrimitive, Tag } from "../asn1/tag.ts";
import { sha256Hex } from "../crypto/digest.ts";
import { type PublicKey, readSpki } from "../crypto/public-key.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { parsePem } from "../encoding/pem.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import {
  type BasicConstraints,
  type Extension,
  type KeyUsage,
  parseAuthorityKeyIdentifier,
  parseBasicConstraints,
  parseInhibitAnyPolicy,
  parseKeyUsage,
  parsePurposes,
  parseSubjectKeyIdentifier,
  readExtensions,
  standardNumber,
} from "./extension.ts";
import { type GeneralName, parseGeneralNames } from "./general-name.ts";
import { parseName } from "./name.ts";
import { type NameConstraints, parseNameConstraints } from "./name-constraints.ts";
import {
  type PolicyConstraints,
  type PolicyMapping,
  parsePolicies,
  parsePolicyConstraints,
  parsePolicyMappings,
} from "./policies.ts";
import { readSignatureAlgorithm } from "./signature-algorithm.ts";

/** A parsed certificate. Byte fields are slices of `der`. */
export interface Certificate {
  /** The bounds that it was read within; parts of it that are read later keep to them too. */
  readonly limits: Limits;
  readonly der: Uint8Array;
  /** The TBSCertificate element: what is signed. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Magnitude, big-endian without leading zeros. */
  readonly serialNumber: Uint8Array;
  /** Raw Name element; names are compared as bytes. */
  readonly issuer: Uint8Array;
  /** Raw Name element. */
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The SubjectPublicKeyInfo element. */
  readonly subjectPublicKeyInfo: Uint8Array;
  /** `undefined` where the algorithm or curve is not one of ours. */
  readonly publicKey: PublicKey | undefined;
  /** `undefined` where it is not one of ours: SHA-1, DSA and the like. */
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[];
  /** Lower-case hexadecimal SHA-256 of `der`, computed when first read. */
  readonly fingerprint: string;
  /** Empty where there is no such extension. */
  readonly subjectAlternativeNames: readonly GeneralName[];
  readonly basicConstraints: BasicConstraints | undefined;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** Purposes, dotted. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly policies: readonly string[] | undefined;
  readonly policyMappings: readonly PolicyMapping[] | undefined;
  readonly policyConstraints: PolicyConstraints | undefined;
  readonly inhibitAnyPolicy: number | undefined;
  /** The extension of this dotted identifier. */
  extension(oid: string): Extension | undefined;
}

const subject = "certificate";

/**
 * The extensions of id-ce that path validation reads are parsed with the certificate, so that a broken one breaks it.
 */
class ParsedCertificate implements Certificate {
  readonly limits: Limits;
  readonly der: Uint8Array;
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: Uint8Array;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly subjectPublicKeyInfo: Uint8Array;
  readonly publicKey: PublicKey | undefined;
  readonly signatureAlgorithm: SignatureAlgorithm | undefined;
  readonly signature: Uint8Array;
  readonly extensions: readonly Extension[] = [];
  subjectAlternativeNames: readonly GeneralName[] = [];
  basicConstraints: BasicConstraints | undefined;
  keyUsage: readonly KeyUsage[] | undefined;
  extendedKeyUsage: readonly string[] | undefined;
  subjectKeyIdentifier: Uint8Array | undefined;
  authorityKeyIdentifier: Uint8Array | undefined;
  nameConstraints: NameConstraints | undefined;
  policies: readonly string[] | undefined;
  policyMappings: readonly PolicyMapping[] | undefined;
  policyConstraints: PolicyConstraints | undefined;
  inhibitAnyPolicy: number | undefined;
  #fingerprint: string | undefined;

  constructor(der: Uint8Array, limits: Limits) {
    this.limits = limits;
    const outer = openDer(der, Tag.sequence, subject, limits);
    const start = outer.offset;
    const tbs = outer.read(Tag.sequence);
    const algorithmStart = outer.offset;
    const algorithm = outer.element(Tag.sequence);
    this.der = der;
    this.tbs = der.subarray(start, algorithmStart);
    this.signatureAlgorithm = readSignatureAlgorithm(algorithm, subject, limits);
    this.signature = outer.bitString();
    outer.end();

    this.version = readVersion(tbs);
    this.serialNumber = tbs.unsignedBytes();
    // RFC 5280 §4.1.1.2: both must be the same, or an attacker could choose between them.
    if (!equalBytes(tbs.element(Tag.sequence), algorithm))
      throw tbs.malformed("inner and outer signature algorithms differ");
    this.issuer = readName(tbs);
    const validity = tbs.read(Tag.sequence);
    this.notBefore = validity.time();
    this.notAfter = validity.time();
    validity.end();
    this.subject = readName(tbs);
    this.subjectPublicKeyInfo = tbs.element(Tag.sequence);
    this.publicKey = readSpki(this.subjectPublicKeyInfo, limits);
    if (this.version > 1)
      for (const number of [1, 2]) if (tbs.peek() === contextPrimitive(number)) tbs.bits(contextPrimitive(number));
    const wrapper = this.version === 3 ? tbs.readOptional(contextConstructed(3)) : undefined;
    if (wrapper !== undefined) {
      this.extensions = readExtensions(wrapper.read(Tag.sequence), limits.extensionsPerCertificate);
      wrapper.end();
    }
    tbs.end();
    for (const extension of this.extensions) {
      const number = standardNumber(extension);
      if (number >= 0) this.#readStandard(number, extension.value);
    }
  }

  #readStandard(number: number, value: Uint8Array): void {
    const { limits } = this;
    switch (number) {
      case 14:
        this.subjectKeyIdentifier = parseSubjectKeyIdentifier(value, limits);
        break;
      case 15:
        this.keyUsage = parseKeyUsage(value, limits);
        break;
      case 17:
        this.subjectAlternativeNames = parseGeneralNames(value, "subject alternative name", limits);
        break;
      case 19:
        this.basicConstraints = parseBasicConstraints(value, limits);
        break;
      case 30:
        this.nameConstraints = parseNameConstraints(value, limits);
        break;
      case 32:
        this.policies = parsePolicies(value, limits);
        break;
      case 33:
        this.policyMappings = parsePolicyMappings(value, limits);
        break;
      case 35:
        this.authorityKeyIdentifier = parseAuthorityKeyIdentifier(value, limits);
        break;
      case 36:
        this.policyConstraints = parsePolicyConstraints(value, limits);
        break;
      case 37:
        this.extendedKeyUsage = parsePurposes(value, limits);
        break;
      case 54:
        this.inhibitAnyPolicy = parseInhibitAnyPolicy(value, limits);
        break;
      default:
    }
  }

  get fingerprint(): string {
    this.#fingerprint ??= sha256Hex(this.der);
    return this.#fingerprint;
  }

  extension(oid: string): Extension | undefined {
    const id = encodingOf(oid);
    return this.extensions.find((extension) => extension.isOf(id));
  }
}

/** Encodings of the identifiers that are asked for, which are constants of this program. */
const encodings = new Map<string, Uint8Array>();

function encodingOf(oid: string): Uint8Array {
  const held = encodings.get(oid) ?? encodeOid(oid);
  encodings.set(oid, held);
  return held;
}

function readVersion(tbs: DerReader): 1 | 2 | 3 {
  const wrapper = tbs.readOptional(contextConstructed(0));
  if (wrapper === undefined) return 1;
  const number = wrapper.smallInteger(2);
  wrapper.end();
  return (number + 1) as 1 | 2 | 3;
}

function readName(tbs: DerReader): Uint8Array {
  const name = tbs.element(Tag.sequence);
  parseName(name, tbs.limits);
  return name;
}

/**
 * One certificate in DER: version 1 to 3, a non-negative serial number, equal inner and outer algorithms, no extension
 * twice, no trailing bytes. The key is parsed, the signature is not verified.
 * @throws EngineError `malformed`; `over-limit` above `limits.certificateBytes` or `limits.extensionsPerCertificate`
 */
export function parseCertificate(der: Uint8Array, limits: Limits): Certificate {
  if (der.length > limits.certificateBytes)
    throw new EngineError("over-limit", `certificate of ${der.length} bytes`, { subject });
  return new ParsedCertificate(der, limits);
}

/**
 * Every certificate of a PEM text, in order; text outside the boundaries is ignored.
 * @throws EngineError `malformed` when there is no block or one with another label than `CERTIFICATE`; `over-limit`
 */
export function parseCertificatesPem(text: string, limits: Limits): Certificate[] {
  const certificates = parsePem(text).map(({ label, bytes }) => {
    if (label !== "CERTIFICATE")
      throw new EngineError("malformed", `PEM block ${label} where a certificate is expected`, { subject });
    return parseCertificate(bytes, limits);
  });
  if (certificates.length === 0) throw new EngineError("malformed", "no certificate in the PEM text", { subject });
  return certificates;
}
