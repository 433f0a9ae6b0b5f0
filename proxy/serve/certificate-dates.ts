/** Until when a chain of certificates is valid, and whether its key is the right one. Source: RFC 5280 §4.1.2.5. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { EngineError } from "../../core/errors.ts";

export interface CertificateDates {
  readonly from: Date;
  /** Of the certificate that ends first. */
  readonly until: Date;
}

const blocks = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** @throws EngineError `invalid-config` for what is no certificate, or a key that does not belong to the first one. */
export function readCertificateDates(name: string, chain: string, key?: string): CertificateDates {
  try {
    const certificates = [...chain.matchAll(blocks)].map(([pem]) => new X509Certificate(pem));
    const [leaf] = certificates;
    if (leaf === undefined) throw new EngineError("invalid-config", "it holds no certificate", { subject: name });
    if (key !== undefined && !leaf.checkPrivateKey(createPrivateKey(key)))
      throw new EngineError("invalid-config", "key and certificate do not belong together", { subject: name });
    const times = certificates.map(({ validFrom, validTo }) => [Date.parse(validFrom), Date.parse(validTo)] as const);
    return {
      from: new Date(Math.max(...times.map(([from]) => from))),
      until: new Date(Math.min(...times.map(([, until]) => until))),
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    // What OpenSSL says of a key may quote it.
    throw new EngineError("invalid-config", "it cannot be read as a certificate with its key", { subject: name });
  }
}
