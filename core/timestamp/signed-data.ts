/**
 * CMS signed data as far as timestamp tokens use it: one signer, named by issuer and serial number, with signed
 * attributes. Source: RFC 5652 §5, RFC 5035 §3 and §4.
 */
import { type DerLimits, DerReader, openDer } from "../asn1/der.ts";
import { contextConstructed, Tag } from "../asn1/tag.ts";
import { digestLength, type HashName } from "../crypto/digest.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { hashOfOid, readSignatureAlgorithm } from "../x509/signature-algorithm.ts";

const subject = "timestamp";

const oid = {
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  rsaEncryption: "1.2.840.113549.1.1.1",
} as const;

/**
 * A hash of the signer's certificate among the signed attributes. SHA-1 is what the first version of that attribute
 * has.
 */
export interface CertificateHash {
  readonly hash: HashName | "sha1";
  readonly value: Uint8Array;
}

/** The content under the signature; raw slices of the token. */
export interface SignerInfo {
  readonly issuer: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly digestAlgorithm: HashName;
  /** The signed bytes: the attributes as a SET. */
  readonly signedAttributes: Uint8Array;
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
  readonly signingTime?: Date;
  /** First entries of the attributes signing-certificate and signing-certificate-v2: at least one. */
  readonly certificateHashes: readonly CertificateHash[];
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

export interface SignedData {
  readonly contentType: string;
  readonly content: Uint8Array;
  /** DER, in the order of the token; not parsed, not trusted. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

const refused = (what: string): EngineError => new EngineError("bad-timestamp", what, { subject });

function readHashAlgorithm(fields: DerReader): HashName {
  const algorithm = fields.read(Tag.sequence);
  const hash = hashOfOid(algorithm.oid());
  if (!algorithm.atEnd) algorithm.null();
  algorithm.end();
  if (hash === undefined) throw refused("digest algorithm that is not SHA-256, SHA-384 or SHA-512");
  return hash;
}

/**
 * Some authorities write the key's algorithm in place of the signature's; then the hash is that of the attributes'
 * digest.
 */
function readAlgorithm(element: Uint8Array, digestAlgorithm: HashName, limits: DerLimits): SignatureAlgorithm {
  const known = readSignatureAlgorithm(element, subject, limits);
  if (known !== undefined) return known;
  if (openDer(element, Tag.sequence, subject, limits).oid() === oid.rsaEncryption)
    return { scheme: "rsa-pkcs1v15", hash: digestAlgorithm };
  throw refused("signature algorithm that is not supported");
}

/** The only value of each attribute, whole elements. */
function readAttributes(list: DerReader): ReadonlyMap<string, Uint8Array> {
  const attributes = new Map<string, Uint8Array>();
  while (!list.atEnd) {
    const attribute = list.read(Tag.sequence);
    const type = attribute.oid();
    const values = attribute.read(Tag.set);
    attribute.end();
    if (attributes.has(type)) throw list.malformed(`attribute ${type} twice`);
    attributes.set(type, values.element());
    values.end();
  }
  return attributes;
}

/** The one element of `bytes`. */
function readElement<T>(bytes: Uint8Array, read: (reader: DerReader) => T, limits: DerLimits): T {
  const reader = new DerReader(bytes, subject, limits);
  const value = read(reader);
  reader.end();
  return value;
}

/**
 * SigningCertificate(V2) ::= SEQUENCE { certs SEQUENCE OF ESSCertID(v2), policies OPTIONAL }: the first of `certs` is
 * the signer's.
 */
function readCertificateHash(value: Uint8Array, version: 1 | 2, limits: DerLimits): CertificateHash {
  const first = openDer(value, Tag.sequence, subject, limits).read(Tag.sequence).read(Tag.sequence);
  const hash = version === 1 ? ("sha1" as const) : first.peek() === Tag.sequence ? readHashAlgorithm(first) : "sha256";
  const certificateHash = { hash, value: first.octetString() };
  if (certificateHash.value.length !== (hash === "sha1" ? 20 : digestLength[hash]))
    throw first.malformed("certificate hash of wrong length");
  return certificateHash;
}

function readSigner(fields: DerReader): SignerInfo {
  // RFC 5652 §5.3: version 1 is the one whose signer is named by issuer and serial number.
  if (fields.smallInteger(255) !== 1 || fields.peek() !== Tag.sequence)
    throw refused("signer that is not named by issuer and serial number");
  const name = fields.read(Tag.sequence);
  const issuer = name.element(Tag.sequence);
  const serialNumber = name.unsignedBytes();
  name.end();
  const digestAlgorithm = readHashAlgorithm(fields);
  if (fields.peek() !== contextConstructed(0)) throw refused("no signed attributes");
  const signedAttributes = fields.element(contextConstructed(0)).slice();
  const attributes = readAttributes(openDer(signedAttributes, contextConstructed(0), subject, fields.limits));
  // RFC 5652 §5.4: what is signed has the tag of a SET, not the implicit one.
  signedAttributes[0] = Tag.set;
  const signatureAlgorithm = readAlgorithm(fields.element(Tag.sequence), digestAlgorithm, fields.limits);
  const signature = fields.octetString();
  if (fields.peek() === contextConstructed(1)) fields.skip();
  fields.end();

  const required = (type: string, what: string): Uint8Array => {
    const value = attributes.get(type);
    if (value === undefined) throw refused(`no signed attribute ${what}`);
    return value;
  };
  const time = attributes.get(oid.signingTime);
  const certificateHashes: CertificateHash[] = [];
  for (const version of [1, 2] as const) {
    const value = attributes.get(version === 1 ? oid.signingCertificate : oid.signingCertificateV2);
    if (value !== undefined) certificateHashes.push(readCertificateHash(value, version, fields.limits));
  }
  if (certificateHashes.length === 0) throw refused("no signed attribute signing-certificate");
  return {
    issuer,
    serialNumber,
    digestAlgorithm,
    signedAttributes,
    contentType: readElement(required(oid.contentType, "content-type"), (reader) => reader.oid(), fields.limits),
    messageDigest: readElement(
      required(oid.messageDigest, "message-digest"),
      (reader) => reader.octetString(),
      fields.limits,
    ),
    ...(time === undefined ? {} : { signingTime: readElement(time, (reader) => reader.time(), fields.limits) }),
    certificateHashes,
    signatureAlgorithm,
    signature,
  };
}

function readCertificates(fields: DerReader, { certificatesPerChain }: Limits): readonly Uint8Array[] {
  const set = fields.readOptional(contextConstructed(0));
  const certificates: Uint8Array[] = [];
  while (set !== undefined && !set.atEnd) {
    if (certificates.length >= certificatesPerChain)
      throw new EngineError("over-limit", `more than ${certificatesPerChain} certificates in a timestamp`, { subject });
    certificates.push(set.element(Tag.sequence));
  }
  return certificates;
}

/** Whether the digest algorithms that the signed data announces hold the signer's; each must be readable. */
function listsDigest(list: DerReader, wanted: HashName): boolean {
  let listed = false;
  while (!list.atEnd) {
    const algorithm = list.read(Tag.sequence);
    if (hashOfOid(algorithm.oid()) === wanted) listed = true;
    if (!algorithm.atEnd) algorithm.null();
    algorithm.end();
  }
  return listed;
}

/**
 * The signed data of a ContentInfo, which the reader is at.
 * @throws EngineError `malformed`; `bad-timestamp` for another content type, none or several signers, a missing signed
 * attribute, an algorithm that is not supported; `over-limit`.
 */
export function readSignedData(parent: DerReader, limits: Limits): SignedData {
  const info = parent.read(Tag.sequence);
  if (info.oid() !== oid.signedData) throw refused("not signed data");
  const explicit = info.read(contextConstructed(0));
  info.end();
  const fields = explicit.read(Tag.sequence);
  explicit.end();
  // RFC 5652 §5.1: content of another type than plain data makes it version 3.
  if (fields.smallInteger(255) !== 3) throw refused("signed data of another version than 3");
  const digests = fields.read(Tag.set);
  const encapsulated = fields.read(Tag.sequence);
  const contentType = encapsulated.oid();
  if (encapsulated.atEnd) throw refused("no content");
  const wrapped = encapsulated.read(contextConstructed(0));
  encapsulated.end();
  const content = wrapped.octetString();
  wrapped.end();
  const certificates = readCertificates(fields, limits);
  if (fields.peek() === contextConstructed(1)) fields.skip();
  const signers = fields.read(Tag.set);
  fields.end();
  if (signers.atEnd) throw refused("no signer");
  const signer = readSigner(signers.read(Tag.sequence));
  if (!signers.atEnd) throw refused("more than one signer");
  if (!listsDigest(digests, signer.digestAlgorithm))
    throw refused("the signer's digest algorithm is not among those of the signed data");
  return { contentType, content, certificates, signer };
}
