/** Certificates of which tests say one thing: whatever they do not say is right. */
import { type Certificate, parseCertificate } from "../../core/x509/certificate.ts";
import { defaultLimits } from "../../core/limits.ts";
import { type CertificateSpec, commonName, encodeTbs, type ExtensionSpec, makeCertificate } from "./certificate.ts";
import { timestampList } from "./certificate-log.ts";
import { basicConstraints, extendedKeyUsage, keyUsage, purposes, subjectAlternativeName } from "./extensions.ts";
import { type LabKey, newKey } from "./keys.ts";

export interface PlainOptions
  extends Partial<Pick<CertificateSpec, "extensions" | "notBefore" | "notAfter" | "version" | "tamper">> {
  /** A common name; the empty name for an empty text. */
  readonly subject?: string;
  readonly key?: LabKey;
  /** Who signs; the certificate itself where missing. */
  readonly issuer?: PlainIssuer;
  readonly serialNumber?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
}

/** A certificate with the key to sign others. */
export interface PlainIssuer {
  readonly name: Uint8Array;
  readonly key: LabKey;
  readonly der: Uint8Array;
  readonly certificate: Certificate;
}

/** Within the validity of every certificate that says nothing else. */
export const noon = new Date("2026-03-01T12:00:00Z");

function toSpec(options: PlainOptions): { readonly spec: CertificateSpec; readonly signer: LabKey } {
  const { subject = "leaf", key = newKey(), issuer, serialNumber = Uint8Array.of(7), ...rest } = options;
  return {
    spec: {
      extensions: [],
      notBefore: new Date("2026-01-01T00:00:00Z"),
      notAfter: new Date("2027-01-01T00:00:00Z"),
      ...rest,
      subject: commonName(subject),
      issuer: issuer?.name ?? commonName(subject),
      serial: serialNumber,
      key,
    },
    signer: issuer?.key ?? key,
  };
}

/** DER of a certificate. */
export function encodePlain(options: PlainOptions = {}): Uint8Array {
  const { spec, signer } = toSpec(options);
  return makeCertificate(spec, signer).der;
}

export const plainCertificate = (options: PlainOptions = {}): Certificate =>
  parseCertificate(encodePlain(options), defaultLimits);

/** An authority: CA true, certificate signing, no path length unless the extensions say otherwise. */
export function plainAuthority(subject: string, options: PlainOptions = {}): PlainIssuer {
  const key = options.key ?? newKey();
  const extensions = [basicConstraints(true), keyUsage("keyCertSign")];
  const der = encodePlain({ extensions, ...options, subject, key });
  return { name: commonName(subject), key, der, certificate: parseCertificate(der, defaultLimits) };
}

/** What Fulcio gives a leaf: digital signatures, code signing, one critical URI. */
export const leafExtensions: readonly ExtensionSpec[] = [
  keyUsage("digitalSignature"),
  extendedKeyUsage([purposes.codeSigning]),
  subjectAlternativeName([{ uri: "https://example.com/workflow@main" }]),
];

/** A leaf whose timestamps `make` makes of what the logs saw. `before` and `after` stand around the list. */
export function leafWithTimestamps(
  issuer: PlainIssuer,
  make: (tbs: Uint8Array) => readonly Uint8Array[],
  options: PlainOptions = {},
  before: readonly ExtensionSpec[] = leafExtensions,
  after: readonly ExtensionSpec[] = [],
): Certificate {
  const shared = { subject: "", key: newKey(), issuer, ...options };
  const { spec, signer } = toSpec({ ...shared, extensions: [...before, ...after] });
  const list = timestampList(make(encodeTbs(spec, signer)));
  return plainCertificate({ ...shared, extensions: [...before, list, ...after] });
}
