/** Authorities that are trusted to state the time. Source: Sigstore trusted root, `CertificateAuthority`. */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import { type KnownSignatures, prepareAuthority } from "../x509/authority.ts";
import type { Certificate } from "../x509/certificate.ts";
import type { Limits } from "../limits.ts";

/** Without anchors nothing verifies. With a `leaf` only that certificate may have signed. */
export interface TimestampAuthority {
  /** Names the authority in evidence; two timestamps by one count once. */
  readonly uri: string;
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly leaf?: Certificate;
  /** The verified signatures between its certificates, from {@link prepareTimestampAuthority}. */
  readonly knownSignatures?: KnownSignatures;
  /** Closed interval. */
  readonly validFor: ValidityPeriod;
}

/** Whether a certificate says that it may issue others. */
export const isAuthorityCertificate = (certificate: Certificate): boolean =>
  certificate.basicConstraints?.isAuthority === true;

/**
 * The authority of a chain as a trusted root lists it: leaf first if the first is not a CA, the root last. A single
 * leaf leaves no anchor.
 * @throws EngineError `malformed` for an empty chain.
 */
export function toTimestampAuthority(
  chain: readonly Certificate[],
  uri: string,
  validFor: ValidityPeriod,
): TimestampAuthority {
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
 * The authority with the signatures between its own certificates verified, for as long as it is trusted. Nothing is
 * refused here.
 */
export function prepareTimestampAuthority(
  authority: TimestampAuthority,
  verifier: SignatureVerifier,
  limits: Limits,
): TimestampAuthority {
  const { anchors, intermediates, leaf } = authority;
  const { knownSignatures } = prepareAuthority(
    anchors,
    leaf === undefined ? intermediates : [leaf, ...intermediates],
    verifier,
    limits,
  );
  return { ...authority, knownSignatures };
}
