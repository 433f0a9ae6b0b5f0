/**
 * Whether a certificate is one of an allowed authority, at every time at which the signature is known to have existed.
 * Source: docs/spec/sigstore.md#certificate-paths, #signed-certificate-timestamps;
 * docs/spec/outcomes.md#what-a-silent-policy-requires.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { isWithin } from "../encoding/instant.ts";
import { EngineError } from "../errors.ts";
import type { TrustedAuthority } from "../trust/trust-material.ts";
import type { TransparencyLogKey } from "../tlog/transparency-log-key.ts";
import type { Authority } from "../x509/authority.ts";
import type { Certificate } from "../x509/certificate.ts";
import { verifyPath } from "../x509/path.ts";
import { type ProvenSct, verifyScts } from "../x509/sct.ts";
import { attempt } from "./attempt.ts";
import type { Signer } from "./signer.ts";
import type { Limits } from "../limits.ts";

export type CertificateSigner = Exclude<Signer, { kind: "key" }>;

/** From the leaf to the anchor; of a policy's lone certificate only that. */
export type CertificateChain = readonly Certificate[];

const isValidAt = ({ notBefore, notAfter }: Certificate, at: Date): boolean =>
  isWithin({ start: notBefore, end: notAfter }, at);

const notValidThen = (at: Date, what: string): EngineError =>
  new EngineError("certificate-not-valid-then", `${what} at ${at.toISOString()}`);

/** @throws EngineError as `verifyPath`. Unless it is private, the leaf itself must say that it is for code signing. */
const verifyCodeSigningPath = (
  leaf: Certificate,
  authority: Pick<Authority, "anchors" | "intermediates"> & Partial<Authority>,
  at: Date,
  verifier: SignatureVerifier,
  privateLeaf = false,
): CertificateChain =>
  verifyPath({
    leaf,
    ...authority,
    at,
    usage: "code-signing",
    requireLeafUsage: !privateLeaf,
    verifier,
    limits: leaf.limits,
  });

/**
 * The chain of the signer's certificate at `at`. `authorities` gives the trusted root's, and is asked only where the
 * signer has no anchors of its own.
 *
 * Differs: a keyless leaf whose extended key usage does not name code signing is refused.
 *
 * @throws EngineError `untrusted-certificate`, `certificate-not-valid-then`, `over-limit`, and as `authorities`.
 */
export function verifyChainAt(
  signer: CertificateSigner,
  at: Date,
  authorities: () => readonly TrustedAuthority[],
  verifier: SignatureVerifier,
): CertificateChain {
  const leaf = signer.certificate;
  if (signer.kind === "policy") {
    if (signer.path !== undefined)
      return verifyCodeSigningPath(
        leaf,
        { anchors: [signer.path.anchor], intermediates: signer.path.intermediates },
        at,
        verifier,
        true,
      );
    if (!isValidAt(leaf, at)) throw notValidThen(at, "the policy's certificate is not valid");
    return [leaf];
  }
  if (signer.anchors !== undefined)
    return verifyCodeSigningPath(
      leaf,
      { anchors: signer.anchors, intermediates: signer.intermediates() },
      at,
      verifier,
      signer.privateLeaf,
    );
  return verifyTrustedChain(leaf, at, authorities(), verifier);
}

/** Whether one of the authority's certificates has the issuer's name, or is the leaf. */
const mayHaveIssued = ({ anchors, intermediates }: TrustedAuthority, leaf: Certificate): boolean =>
  intermediates.some(({ subject }) => equalBytes(subject, leaf.issuer)) ||
  anchors.some(({ subject, der }) => equalBytes(subject, leaf.issuer) || equalBytes(der, leaf.der));

/**
 * Each authority stands for itself: its anchor, its intermediates, its period. The first that vouches for the leaf
 * decides.
 */
function verifyTrustedChain(
  leaf: Certificate,
  at: Date,
  authorities: readonly TrustedAuthority[],
  verifier: SignatureVerifier,
): CertificateChain {
  let nearest: EngineError | undefined;
  for (const authority of authorities) {
    if (!mayHaveIssued(authority, leaf)) continue;
    const outcome = attempt(() => {
      if (!isWithin(authority.validFor, at))
        throw notValidThen(at, "the authority that issued the certificate is not trusted");
      return verifyCodeSigningPath(leaf, authority, at, verifier);
    });
    if (outcome.ok) return outcome.value;
    // An authority that is the right one but for the time says more than one that is another.
    if (
      nearest === undefined ||
      (nearest.code === "untrusted-certificate" && outcome.error.code !== "untrusted-certificate")
    )
      nearest = outcome.error;
  }
  throw (
    nearest ??
    new EngineError("untrusted-certificate", "issued by none of the trusted authorities", { subject: leaf.fingerprint })
  );
}

/**
 * The proven signed certificate timestamps of the chain's leaf.
 * @throws EngineError `no-sct`, `bad-sct`
 */
export function verifyChainScts(
  chain: CertificateChain,
  logs: readonly TransparencyLogKey[],
  verifier: SignatureVerifier,
  limits: Limits,
): readonly ProvenSct[] {
  const [leaf, issuer] = chain;
  if (leaf === undefined || issuer === undefined)
    throw new EngineError(
      "bad-sct",
      "the certificate is itself an anchor: what its log signed cannot be rebuilt without its issuer",
    );
  return verifyScts({ leaf, issuer, logs, verifier, limits });
}
