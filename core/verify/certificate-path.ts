/**
 * Whether an allowed authority issued a certificate that was valid at every established time of the signature.
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

/** From the leaf to the anchor; for a policy's certificate without a chain, only itself. */
export type CertificateChain = readonly Certificate[];

const isValidAt = ({ notBefore, notAfter }: Certificate, at: Date): boolean =>
  isWithin({ start: notBefore, end: notAfter }, at);

const notValidThen = (at: Date, what: string): EngineError =>
  new EngineError("certificate-not-valid-then", `${what} at ${at.toISOString()}`);

/** @throws EngineError as `verifyPath`. Unless it is private, the leaf itself must name code signing. */
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
 * The chain of the signer's certificate at `at`. `authorities` gives the trusted root's, and is called only if the
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
 * Authorities are independent: each has its anchor, its intermediates, its period. The first one with a valid path to
 * the leaf decides.
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
    // The right authority at a wrong time is a more useful failure than another authority.
    if (
      nearest === undefined ||
      (nearest.code === "untrusted-certificate" && outcome.error.code !== "untrusted-certificate")
    )
      nearest = outcome.error;
  }
  throw (
    nearest ??
    new EngineError("untrusted-certificate", "not issued by a trusted authority", { subject: leaf.fingerprint })
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
      "the certificate is itself an anchor: without its issuer the log's signed content cannot be rebuilt",
    );
  return verifyScts({ leaf, issuer, logs, verifier, limits });
}
