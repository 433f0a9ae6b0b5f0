/** Authorities that are trusted to state the time. Source: Sigstore trusted root, `CertificateAuthority`; cosign's TSA chain files. */
import { equalBytes } from "../encoding/bytes.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import { defaultLimits } from "../limits.ts";
import { type Certificate, parseCertificatesPem } from "../x509/certificate.ts";

/** Without anchors nothing verifies. With a `leaf` only that certificate may have signed. */
export interface TimestampAuthority {
  /** Names the authority in evidence; two timestamps by one count once. */
  readonly uri: string;
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly leaf?: Certificate;
  /** Closed interval. */
  readonly validFor: ValidityPeriod;
}

const isSelfIssued = (certificate: Certificate): boolean => equalBytes(certificate.issuer, certificate.subject);

/** Whether a certificate says that it may issue others. */
export const isAuthorityCertificate = (certificate: Certificate): boolean => certificate.basicConstraints?.isAuthority === true;

/**
 * The authority of a chain as a trusted root lists it: leaf first if the first is not a CA, the root last. A single leaf leaves no anchor.
 * @throws EngineError `malformed` for an empty chain.
 */
export function toTimestampAuthority(chain: readonly Certificate[], uri: string, validFor: ValidityPeriod): TimestampAuthority {
  const [first, ...others] = chain;
  if (first === undefined) throw new EngineError("malformed", "authority without certificates", { subject: uri });
  const authorities = isAuthorityCertificate(first) ? chain : others;
  return {
    uri,
    anchors: authorities.slice(-1),
    intermediates: authorities.slice(0, -1),
    ...(isAuthorityCertificate(first) ? {} : { leaf: first }),
    validFor,
  };
}

/**
 * The authority of a PEM text, as `tsaCertChain` gives it: exactly one leaf, and as roots the self-issued CAs, in any order.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseTimestampAuthorityPem(text: string, uri: string): TimestampAuthority {
  const certificates = parseCertificatesPem(text);
  if (certificates.length > defaultLimits.certificatesPerChain) throw new EngineError("over-limit", `${certificates.length} certificates in a timestamp chain`, { subject: uri });
  const [leaf, ...moreLeaves] = certificates.filter((certificate) => !isAuthorityCertificate(certificate));
  if (leaf === undefined || moreLeaves.length > 0) throw new EngineError("malformed", "a timestamp chain must contain exactly one leaf certificate", { subject: uri });
  const anchors = certificates.filter((certificate) => isAuthorityCertificate(certificate) && isSelfIssued(certificate));
  if (anchors.length === 0) throw new EngineError("malformed", "a timestamp chain must contain at least one root certificate", { subject: uri });
  return { uri, anchors, intermediates: certificates.filter((certificate) => isAuthorityCertificate(certificate) && !isSelfIssued(certificate)), leaf, validFor: {} };
}
