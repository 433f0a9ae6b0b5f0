/**
 * Signed certificate timestamps: that a CT log has seen the leaf. Source: RFC 6962 §3.2 and §3.3,
 * docs/spec/sigstore.md#signed-certificate-timestamps.
 *
 * What a log signed:
 *
 *     0 (version)  0 (certificate_timestamp)  timestamp, 8 bytes of milliseconds  1 (precert_entry), 2 bytes
 *     SHA-256 of the issuer's SubjectPublicKeyInfo, 32 bytes
 *     length, 3 bytes  TBSCertificate without the list of timestamps
 *     length, 2 bytes  extensions of the timestamp
 */
import { isWithin } from "../encoding/instant.ts";
import { elementParts } from "../asn1/encode.ts";
import { openDer } from "../asn1/der.ts";
import { contextConstructed, Tag } from "../asn1/tag.ts";
import { toBytes } from "../crypto/big-integer.ts";
import { sha256 } from "../crypto/digest.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";
import { concat } from "../encoding/bytes.ts";
import { decodeHex, encodeHex } from "../encoding/hex.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Certificate } from "./certificate.ts";
import { parseTimestampList, type SignedCertificateTimestamp } from "./sct-list.ts";

/** A CT log that is trusted. A `TransparencyLogKey` of a trusted root is one. */
export interface CertificateLogKey {
  /** Lower-case hexadecimal SHA-256 of the key. */
  readonly logId: string;
  readonly publicKey: PublicKey;
  /** Instants of timestamps that count, ends included; open where missing. */
  readonly validFor: { readonly start?: Date; readonly end?: Date };
}

/** A signed certificate timestamp that verified. */
export interface ProvenSct {
  /** Lower-case hexadecimal. */
  readonly logId: string;
  readonly at: Date;
}

const timestampListOid = "1.3.6.1.4.1.11129.2.4.2";
const maximumDate = 8_640_000_000_000_000n;

/**
 * The leaf's TBSCertificate as the log saw it, without its timestamp list, in parts: they are joined once, with all
 * else that the log signed. Every other element is copied; three length headers are rewritten. RFC 6962 §3.2.
 * @throws EngineError `no-sct` when the leaf has no such extension
 */
export function precertificateTbs(leaf: Certificate): readonly Uint8Array[] {
  const list = leaf.extension(timestampListOid);
  if (list === undefined)
    throw new EngineError("no-sct", "the certificate has no signed certificate timestamps", { subject: "certificate" });
  const fields = openDer(leaf.tbs, Tag.sequence, "certificate", leaf.limits);
  const start = fields.offset;
  while (fields.peek() !== contextConstructed(3)) fields.skip();
  const before = leaf.tbs.subarray(start, fields.offset);
  // They stand one behind the other: what is before the list, and what is behind it, is copied at once.
  const all = fields.read(contextConstructed(3)).read(Tag.sequence);
  const from = list.der.byteOffset - leaf.tbs.byteOffset;
  const others = [leaf.tbs.subarray(all.offset, from), leaf.tbs.subarray(from + list.der.length, all.limit)];
  if (leaf.extensions.length === 1) return elementParts(Tag.sequence, before);
  return elementParts(
    Tag.sequence,
    before,
    ...elementParts(contextConstructed(3), ...elementParts(Tag.sequence, ...others)),
  );
}

/** The log's signed content (RFC 6962 §3.2), for an entry of type 1: a precertificate. */
function encodeSigned({ timestamp, extensions }: SignedCertificateTimestamp, entry: readonly Uint8Array[]): Uint8Array {
  return concat(
    Uint8Array.of(0, 0),
    toBytes(timestamp, 8),
    Uint8Array.of(0, 1),
    ...entry,
    Uint8Array.of(extensions.length >> 8, extensions.length),
    extensions,
  );
}

/** opaque<1..2^24-1> */
function opaque24(...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  let length = 0;
  for (const part of parts) length += part.length;
  return [Uint8Array.of(length >> 16, length >> 8, length), ...parts];
}

/**
 * The algorithm of the log's key, which the timestamp must name. Differs: SHA-256 only, as RFC 6962 §2.1.4 says;
 * certificate-transparency-go takes other hashes.
 */
function algorithmOf(
  { hashAlgorithm, signatureAlgorithm }: SignedCertificateTimestamp,
  key: PublicKey,
): SignatureAlgorithm | undefined {
  if (hashAlgorithm !== 4) return undefined;
  if (signatureAlgorithm === 3 && key.type === "ecdsa") return { scheme: "ecdsa", hash: "sha256" };
  if (signatureAlgorithm === 1 && key.type === "rsa") return { scheme: "rsa-pkcs1v15", hash: "sha256" };
  return undefined;
}

/**
 * The timestamp as proof by one of the logs; `undefined` when the log is not known, was not valid then, or did not sign
 * this.
 */
function prove(
  timestamp: SignedCertificateTimestamp,
  logId: string,
  entry: readonly Uint8Array[],
  logs: readonly CertificateLogKey[],
  verifier: SignatureVerifier,
): ProvenSct | undefined {
  if (timestamp.timestamp > maximumDate) return undefined;
  const at = new Date(Number(timestamp.timestamp));
  const signed = encodeSigned(timestamp, entry);
  const proves = logs.some((log) => {
    const algorithm =
      log.logId === logId && isWithin(log.validFor, at) ? algorithmOf(timestamp, log.publicKey) : undefined;
    return (
      algorithm !== undefined && verifier.verify(algorithm, log.publicKey, { message: signed }, timestamp.signature)
    );
  });
  return proves ? { logId, at } : undefined;
}

/** SHA-256 of the issuer's SubjectPublicKeyInfo; a key remembers its own. */
const keyHash = ({ publicKey, subjectPublicKeyInfo }: Certificate): Uint8Array =>
  publicKey === undefined ? sha256(subjectPublicKeyInfo) : decodeHex(publicKey.fingerprint);

export interface EmbeddedTimestampRequest {
  readonly leaf: Certificate;
  /** The certificate above the leaf on its verified path. */
  readonly issuer: Certificate;
  readonly logs: readonly CertificateLogKey[];
  readonly verifier: SignatureVerifier;
  readonly limits: Limits;
}

/**
 * The embedded timestamps that verify, one for a log. Those of unknown logs, from outside a log's validity or with a
 * wrong signature do not count; one that does is enough.
 * @throws EngineError `no-sct` when the leaf has none; `bad-sct` when none verifies; `malformed`, `over-limit`
 */
export function verifyScts({ leaf, issuer, logs, verifier, limits }: EmbeddedTimestampRequest): readonly ProvenSct[] {
  const extension = leaf.extension(timestampListOid);
  if (extension === undefined)
    throw new EngineError("no-sct", "the certificate has no signed certificate timestamps", { subject: "certificate" });
  const entry = [keyHash(issuer), ...opaque24(...precertificateTbs(leaf))];
  const proven = new Map<string, ProvenSct>();
  for (const timestamp of parseTimestampList(extension.value, limits)) {
    const logId = encodeHex(timestamp.logId);
    const proof = proven.has(logId) ? undefined : prove(timestamp, logId, entry, logs, verifier);
    if (proof !== undefined) proven.set(logId, proof);
  }
  if (proven.size === 0)
    throw new EngineError(
      "bad-sct",
      "no signed certificate timestamp of the certificate verifies under a trusted log",
      { subject: "certificate" },
    );
  return [...proven.values()];
}
