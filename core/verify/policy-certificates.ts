/**
 * Certificates in a policy: a signer's own, chains, roots, a timestamp authority's. Source:
 * docs/spec/kyverno.md#certificates.
 */
import { decodeBase64 } from "../encoding/base64.ts";
import { decodeUtf8 } from "../encoding/utf8.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { isAuthorityCertificate, type TimestampAuthority } from "../timestamp/timestamp-authority.ts";
import { type Certificate, parseCertificatesPem } from "../x509/certificate.ts";

/** Kyverno's bounds on `tsaCertChain`. */
const timestampChainBlocks = 12;
const timestampChainIntermediates = 10;

function read(text: string, subject: string, limits: Limits): Certificate[] {
  const certificates = parseCertificatesPem(text, limits);
  if (certificates.length === 0) throw new EngineError("malformed", "no certificate in the text", { subject });
  return certificates;
}

/** `certificates.cert`: the first certificate of PEM text, or of base64 of PEM text. @throws EngineError `malformed` */
export function readPolicyCertificate(text: string, limits: Limits): Certificate {
  const pem = text.includes("-----BEGIN ") ? text : decodeUtf8(decodeBase64(text.replace(/\s+/g, "")));
  return read(pem, "cert", limits)[0] as Certificate;
}

/** `certificates.certChain`, leaf-most first. @throws EngineError `malformed`, `over-limit` */
export function readChain(text: string, limits: Limits): readonly Certificate[] {
  const chain = read(text, "certChain", limits);
  if (chain.length > limits.certificatesPerChain)
    throw new EngineError(
      "over-limit",
      `certificate chain too long (${chain.length}), maximum allowed is ${limits.certificatesPerChain}`,
      {
        subject: "certChain",
      },
    );
  return chain;
}

/** Any certificate among the roots is an anchor, even an intermediate or a leaf. @throws EngineError `malformed` */
export const readRoots = (text: string, subject: string, limits: Limits): readonly Certificate[] =>
  read(text, subject, limits);

/**
 * `ctlog.tsaCertChain`: self-issued CAs are anchors, other CAs intermediates, at most one other certificate is the
 * authority's own.
 * @throws EngineError `malformed`, `over-limit`
 */
export function readTimestampChain(text: string, limits: Limits): TimestampAuthority {
  const subject = "tsaCertChain";
  const certificates = read(text, subject, limits);
  if (certificates.length > timestampChainBlocks)
    throw new EngineError(
      "over-limit",
      `TSA certificate chain contains too many certificates (${certificates.length}), maximum allowed is ` +
        `${timestampChainBlocks}`,
      { subject },
    );
  const authorities = certificates.filter(isAuthorityCertificate);
  const anchors = authorities.filter((certificate) => equalBytes(certificate.subject, certificate.issuer));
  const intermediates = authorities.filter((certificate) => !anchors.includes(certificate));
  const leaves = certificates.filter((certificate) => !isAuthorityCertificate(certificate));
  if (leaves.length > 1)
    throw new EngineError("malformed", "certificate chain must contain at most one TSA certificate", { subject });
  if (intermediates.length > timestampChainIntermediates)
    throw new EngineError(
      "over-limit",
      `TSA certificate chain contains too many intermediate certificates (${intermediates.length}), maximum ` +
        `allowed is ${timestampChainIntermediates}`,
      { subject },
    );
  if (anchors.length === 0) throw new EngineError("malformed", "TSA certificate chain without a root", { subject });
  const leaf = leaves[0];
  return { uri: subject, anchors, intermediates, ...(leaf === undefined ? {} : { leaf }), validFor: {} };
}
