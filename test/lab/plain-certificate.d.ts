/** Certificates of which tests say one thing: whatever they do not say is right. */
import { type Certificate } from "../../core/x509/certificate.ts";
import { type CertificateSpec, type ExtensionSpec } from "./certificate.ts";
import { type LabKey } from "./keys.ts";
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
export declare const noon: Date;
/** DER of a certificate. */
export declare function encodePlain(options?: PlainOptions): Uint8Array;
export declare const plainCertificate: (options?: PlainOptions) => Certificate;
/** An authority: CA true, certificate signing, no path length unless the extensions say otherwise. */
export declare function plainAuthority(subject: string, options?: PlainOptions): PlainIssuer;
/** What Fulcio gives a leaf: digital signatures, code signing, one critical URI. */
export declare const leafExtensions: readonly ExtensionSpec[];
/** A leaf whose timestamps `make` makes of what the logs saw. `before` and `after` stand around the list. */
export declare function leafWithTimestamps(
  issuer: PlainIssuer,
  make: (tbs: Uint8Array) => readonly Uint8Array[],
  options?: PlainOptions,
  before?: readonly ExtensionSpec[],
  after?: readonly ExtensionSpec[],
): Certificate;
