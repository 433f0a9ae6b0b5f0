/**
 * Verification of RFC 3161 timestamps against trusted authorities. Source: RFC 3161 §2.3 and §2.4.2, RFC 5652 §5.4 and
 * §5.6, RFC 5035, RFC 5280.
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { digest } from "../crypto/digest.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { isWithin } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import type { Certificate } from "../x509/certificate.ts";
import { Purpose } from "../x509/extension.ts";
import { verifyPath } from "../x509/path.ts";
import { isAuthorityCertificate, type TimestampAuthority } from "./timestamp-authority.ts";
import { parseTimestampResponse, type TimestampToken } from "./timestamp-response.ts";
import type { Limits } from "../limits.ts";

/** When something existed, and the `uri` of the authority that says so: two by one authority count once. */
export interface VerifiedTimestamp {
  readonly at: Date;
  readonly authority: string;
  /** The signer's certificate and those of the authority. */
  readonly certificates: readonly Certificate[];
}

const subject = "timestamp";
const refused = (what: string, cause?: unknown): EngineError =>
  new EngineError("bad-timestamp", what, { subject, cause });

/**
 * The certificate that issuer and serial number name: among the embedded ones or, if there are none, the authority's
 * own.
 */
function findSigner(token: TimestampToken, authority: TimestampAuthority): Certificate {
  const candidates =
    token.certificates.length > 0 ? token.certificates : authority.leaf === undefined ? [] : [authority.leaf];
  const [signer, ...others] = candidates.filter(
    (candidate) =>
      equalBytes(candidate.issuer, token.signer.issuer) &&
      equalBytes(candidate.serialNumber, token.signer.serialNumber),
  );
  if (signer === undefined) throw refused("the signer's certificate is not there");
  if (others.length > 0) throw refused("several certificates with the signer's name and number");
  if (authority.leaf === undefined) return signer;
  if (!equalBytes(signer.der, authority.leaf.der)) throw refused("the signer is not the authority's certificate");
  // The same certificate from the trust material: with its key parsed and its own signature verified.
  return authority.leaf;
}

/** RFC 3161 §2.3: a certificate for timestamps only, and marked critical as such. */
function requireTimestampingCertificate(signer: Certificate): void {
  if (isAuthorityCertificate(signer)) throw refused("the signer is a certificate authority");
  const [purpose, ...others] = signer.extendedKeyUsage ?? [];
  if (purpose !== Purpose.timeStamping || others.length > 0)
    throw refused("the signer's certificate is not for timestamps alone");
  if (signer.extension("2.5.29.37")?.critical !== true)
    throw refused("the signer's extended key usage is not critical");
}

function requireSignature(token: TimestampToken, signer: Certificate, verifier: SignatureVerifier): void {
  const { signer: info } = token;
  if (!equalBytes(info.messageDigest, digest(info.digestAlgorithm, token.content)))
    throw refused("message digest of other content");
  for (const { hash, value } of info.certificateHashes) {
    if (!equalBytes(value, hash === "sha1" ? sha1(signer.der) : digest(hash, signer.der)))
      throw refused("signed attributes name another certificate");
  }
  if (info.signingTime !== undefined && !isWithin({ start: signer.notBefore, end: signer.notAfter }, info.signingTime))
    throw refused("signing time outside the signer's validity");
  if (
    signer.publicKey === undefined ||
    !verifier.verify(info.signatureAlgorithm, signer.publicKey, { message: info.signedAttributes }, info.signature)
  )
    throw refused("signature does not verify");
}

function requirePath(
  token: TimestampToken,
  signer: Certificate,
  authority: TimestampAuthority,
  verifier: SignatureVerifier,
): void {
  const embedded = token.certificates.filter((certificate) => !equalBytes(certificate.der, signer.der));
  try {
    verifyPath({
      leaf: signer,
      anchors: authority.anchors,
      intermediates: [...authority.intermediates, ...embedded],
      ...(authority.knownSignatures === undefined ? {} : { knownSignatures: authority.knownSignatures }),
      at: token.info.at,
      usage: "timestamping",
      verifier,
      limits: signer.limits,
    });
  } catch (error) {
    if (!(error instanceof EngineError) || error.code === "over-limit") throw error;
    throw refused(`the signer's path: ${error.message}`, error);
  }
}

function verifyByAuthority(
  token: TimestampToken,
  authority: TimestampAuthority,
  verifier: SignatureVerifier,
): VerifiedTimestamp {
  if (!isWithin(authority.validFor, token.info.at))
    throw refused(`made at ${token.info.at.toISOString()}, when the authority was not trusted`);
  const signer = findSigner(token, authority);
  requireTimestampingCertificate(signer);
  requirePath(token, signer, authority, verifier);
  requireSignature(token, signer, verifier);
  const certificates = [...new Set([signer, ...authority.intermediates, ...authority.anchors])];
  return { at: token.info.at, authority: authority.uri, certificates };
}

/**
 * The time at which `message` existed, by the first of `authorities` that vouches for it. Chains are judged at that
 * time, not now.
 * @param responseDer a TimeStampResp.
 * @throws EngineError `bad-timestamp`, `malformed`, `over-limit`.
 */
export function verifyTimestamp(
  responseDer: Uint8Array,
  message: Uint8Array,
  authorities: readonly TimestampAuthority[],
  verifier: SignatureVerifier,
  limits: Limits,
): VerifiedTimestamp {
  const token = parseTimestampResponse(responseDer, limits);
  if (!equalBytes(token.info.imprint, digest(token.info.hash, message))) throw refused("imprint of another message");
  const failures: EngineError[] = [];
  for (const authority of authorities) {
    try {
      return verifyByAuthority(token, authority, verifier);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "bad-timestamp") throw error;
      failures.push(error);
    }
  }
  if (failures.length === 0) throw refused("no timestamp authority is trusted");
  throw refused(
    failures.map((failure, index) => `${authorities[index]?.uri ?? ""}: ${failure.message}`).join("; "),
    failures[0],
  );
}
