/**
 * The statement of a timestamp token: a digest and the time at which it existed. Source: RFC 3161 §2.4.2.
 *
 * In DER:
 *
 *     version 1, policy, imprint (hash algorithm, digest), serial number, time
 *     optional: accuracy, ordering, nonce, authority, extensions
 */
import { type DerLimits, openDer } from "../asn1/der.ts";
import { contextConstructed, Tag } from "../asn1/tag.ts";
import { digestLength, type HashName } from "../crypto/digest.ts";
import { EngineError } from "../errors.ts";
import { readExtensions } from "../x509/extension.ts";
import { hashOfOid } from "../x509/signature-algorithm.ts";

/** Content type of the signed content, id-ct-TSTInfo. */
export const tstInfoType = "1.2.840.113549.1.9.16.1.4";

/** `imprint` is the digest of the stamped bytes under `hash`. */
export interface TstInfo {
  readonly hash: HashName;
  readonly imprint: Uint8Array;
  readonly at: Date;
}

const subject = "timestamp";

/**
 * Accuracy, ordering, policy and nonce are ignored: offline no particular values are expected.
 * @throws EngineError `malformed`; `bad-timestamp` for a weak digest algorithm, another version or a critical
 * extension.
 */
export function parseTstInfo(der: Uint8Array, limits: DerLimits): TstInfo {
  const fields = openDer(der, Tag.sequence, subject, limits);
  if (fields.smallInteger(255) !== 1)
    throw new EngineError("bad-timestamp", "timestamp of another version than 1", { subject });
  fields.oid();
  const imprint = fields.read(Tag.sequence);
  const algorithm = imprint.read(Tag.sequence);
  const hash = hashOfOid(algorithm.oid());
  if (!algorithm.atEnd) algorithm.null();
  algorithm.end();
  if (hash === undefined)
    throw new EngineError("bad-timestamp", "imprint by an algorithm that is not SHA-256, SHA-384 or SHA-512", {
      subject,
    });
  const digest = imprint.octetString();
  imprint.end();
  if (digest.length !== digestLength[hash]) throw imprint.malformed("imprint of wrong length");
  fields.integerBytes();
  const at = fields.generalizedTime({ fraction: true });
  if (fields.peek() === Tag.sequence) fields.skip();
  if (fields.peek() === Tag.boolean) fields.boolean();
  if (fields.peek() === Tag.integer) fields.integerBytes();
  if (fields.peek() === contextConstructed(0)) fields.skip();
  const extensions = fields.readOptional(contextConstructed(1));
  fields.end();
  if (extensions !== undefined && readExtensions(extensions, 16).some((extension) => extension.critical)) {
    throw new EngineError("bad-timestamp", "critical extension in a timestamp", { subject });
  }
  return { hash, imprint: digest, at };
}
