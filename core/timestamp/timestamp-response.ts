/**
 * Timestamp responses, the form in which signatures carry timestamps. Source: RFC 3161 §2.4.2.
 *
 * Nested, in DER:
 *
 *     response: status (0, granted), token
 *     token: id-signedData, signed data
 *     signed data: version, digest algorithms, content (the statement), certificates, one signer
 */
import { openDer } from "../asn1/der.ts";
import { Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { readSignedData, type SignerInfo } from "./signed-data.ts";
import { parseTstInfo, tstInfoType, type TstInfo } from "./tst-info.ts";
import type { Limits } from "../limits.ts";

/** Parsed, not verified. */
export interface TimestampToken {
  readonly info: TstInfo;
  /** The encoded TSTInfo: what the signer's message digest is of. */
  readonly content: Uint8Array;
  readonly signer: SignerInfo;
  readonly certificates: readonly Certificate[];
}

const subject = "timestamp";

/**
 * The token of a response that grants it. `grantedWithMods` counts as a refusal, as in Sigstore's own client.
 * @throws EngineError `malformed`, `bad-timestamp`, `over-limit`.
 */
export function parseTimestampResponse(der: Uint8Array, limits: Limits): TimestampToken {
  const response = openDer(der, Tag.sequence, subject, limits);
  const status = response.read(Tag.sequence);
  if (status.smallInteger(255) !== 0)
    throw new EngineError("bad-timestamp", "the authority did not grant the timestamp", { subject });
  if (response.atEnd) throw new EngineError("bad-timestamp", "response without a token", { subject });
  const { contentType, content, certificates, signer } = readSignedData(response, limits);
  response.end();
  if (contentType !== tstInfoType || signer.contentType !== tstInfoType)
    throw new EngineError("bad-timestamp", "signed content that is not a timestamp", { subject });
  return {
    info: parseTstInfo(content, limits),
    content,
    signer,
    certificates: certificates.map((certificate) => parseCertificate(certificate, limits)),
  };
}
