/** The AlgorithmIdentifier of a signature. Source: RFC 5280 §4.1.1.2, RFC 5758, RFC 4055 §3.1 and §5, RFC 8410 §3. */
import { type DerLimits, type DerReader, openDer } from "../asn1/der.ts";
import { encodeElement } from "../asn1/encode.ts";
import { encodeOid } from "../asn1/oid.ts";
import { contextConstructed, Tag } from "../asn1/tag.ts";
import { digestLength, type HashName } from "../crypto/digest.ts";
import type { SignatureAlgorithm } from "../crypto/signature-verifier.ts";
import { concat, equalBytes } from "../encoding/bytes.ts";

const pssOid = "1.2.840.113549.1.1.10";
const mgf1Oid = "1.2.840.113549.1.1.8";
const hashOids: Readonly<Record<string, HashName>> = {
  "2.16.840.1.101.3.4.2.1": "sha256",
  "2.16.840.1.101.3.4.2.2": "sha384",
  "2.16.840.1.101.3.4.2.3": "sha512",
};

/**
 * The hash of a dotted object identifier: SHA-256, SHA-384 or SHA-512, else `undefined` (SHA-1 and MD5 sign nothing
 * here).
 */
export const hashOfOid = (oid: string): HashName | undefined =>
  Object.hasOwn(hashOids, oid) ? hashOids[oid] : undefined;

const identifier = (oid: string, parameters: Uint8Array = new Uint8Array(0)): Uint8Array =>
  encodeElement(Tag.sequence, concat(encodeElement(Tag.oid, encodeOid(oid)), parameters));
const nullParameters = encodeElement(Tag.null);

// RSA with and without NULL (RFC 4055 §5 asks for both to be read); ECDSA and Ed25519 have no parameters.
const known: readonly (readonly [Uint8Array, SignatureAlgorithm])[] = [
  [identifier("1.2.840.10045.4.3.3"), { scheme: "ecdsa", hash: "sha384" }],
  [identifier("1.2.840.10045.4.3.2"), { scheme: "ecdsa", hash: "sha256" }],
  [identifier("1.2.840.10045.4.3.4"), { scheme: "ecdsa", hash: "sha512" }],
  [identifier("1.3.101.112"), { scheme: "ed25519" }],
  ...(["sha256", "sha384", "sha512"] as const).flatMap((hash, index): [Uint8Array, SignatureAlgorithm][] => {
    const oid = `1.2.840.113549.1.1.${11 + index}`;
    return [
      [identifier(oid, nullParameters), { scheme: "rsa-pkcs1v15", hash }],
      [identifier(oid), { scheme: "rsa-pkcs1v15", hash }],
    ];
  }),
];

/** AlgorithmIdentifier of a hash: parameters absent or NULL. */
function readHash(reader: DerReader): HashName | undefined {
  const oid = reader.oid();
  if (!reader.atEnd) reader.null();
  reader.end();
  return hashOfOid(oid);
}

/** RSASSA-PSS-params of which only one form is read: MGF1 over the same hash, a salt as long as the hash, trailer 1. */
function readPss(parameters: DerReader): SignatureAlgorithm | undefined {
  const hash = parameters.readOptional(contextConstructed(0))?.read(Tag.sequence);
  const mask = parameters.readOptional(contextConstructed(1))?.read(Tag.sequence);
  const salt = parameters.readOptional(contextConstructed(2))?.smallInteger(1024);
  const trailer = parameters.readOptional(contextConstructed(3))?.smallInteger(1024) ?? 1;
  parameters.end();
  // The defaults of absent fields are SHA-1.
  if (hash === undefined || mask === undefined || mask.oid() !== mgf1Oid || trailer !== 1) return undefined;
  const name = readHash(hash);
  const maskName = readHash(mask.read(Tag.sequence));
  mask.end();
  return name !== undefined && name === maskName && salt === digestLength[name]
    ? { scheme: "rsa-pss", hash: name, saltLength: salt }
    : undefined;
}

/**
 * The algorithm of an AlgorithmIdentifier element, `undefined` if it is not one of ours (SHA-1, MD5, DSA, other
 * parameters).
 * @throws EngineError `malformed`
 */
export function readSignatureAlgorithm(
  element: Uint8Array,
  subject: string,
  limits: DerLimits,
): SignatureAlgorithm | undefined {
  for (const [encoded, algorithm] of known) if (equalBytes(encoded, element)) return algorithm;
  const fields = openDer(element, Tag.sequence, subject, limits);
  const oid = fields.oid();
  if (oid === pssOid && fields.peek() === Tag.sequence) {
    const parameters = fields.read(Tag.sequence);
    fields.end();
    return readPss(parameters);
  }
  if (!fields.atEnd) fields.skip();
  fields.end();
  return undefined;
}
