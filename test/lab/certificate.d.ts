/** X.509 certificates, right or wrong in any field. Source: RFC 5280 §4. */
import { type Certificate } from "../../core/x509/certificate.ts";
import { type PublicKey } from "../../core/crypto/public-key.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { type LabKey } from "./keys.ts";
/** `value` is what the OCTET STRING holds. */
export interface ExtensionSpec {
  readonly id: string;
  readonly critical?: boolean;
  readonly value: Uint8Array;
}
export interface CertificateSpec {
  /** A common name, or the DER of a Name. `""`: the empty name. */
  readonly subject: string | Uint8Array;
  readonly issuer: string | Uint8Array;
  readonly serial: number | bigint | Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Whose certificate it is: a key, or the DER of a SubjectPublicKeyInfo. */
  readonly key: LabKey | Uint8Array;
  readonly extensions: readonly ExtensionSpec[];
  /** 3, encoded as 2. */
  readonly version?: number;
  /** What the issuer's key signs with. */
  readonly algorithm?: SignatureAlgorithm;
  /** AlgorithmIdentifier inside the signed part, where it shall differ from the outer one. */
  readonly innerAlgorithm?: Uint8Array;
  /** AlgorithmIdentifier outside. */
  readonly outerAlgorithm?: Uint8Array;
  /** Replaces elements of the signed part before it is signed. */
  readonly tamper?: (parts: TbsParts) => Partial<TbsParts>;
}
/** The elements of the signed part, in their order; empty where there is none. */
export interface TbsParts {
  readonly version: Uint8Array;
  readonly serialNumber: Uint8Array;
  readonly algorithm: Uint8Array;
  readonly issuer: Uint8Array;
  readonly validity: Uint8Array;
  readonly subject: Uint8Array;
  readonly spki: Uint8Array;
  readonly extensions: Uint8Array;
}
export interface LabCertificate {
  readonly der: Uint8Array;
  readonly pem: string;
  readonly spec: CertificateSpec;
  readonly publicKey: PublicKey;
  /** As the verifier reads it. Read when asked for: a wrong one may not be readable. */
  readonly parsed: Certificate;
}
/** A Name of a common name alone; the empty Name for an empty text. */
export declare const commonName: (text: string) => Uint8Array;
export declare const encodeName: (name: string | Uint8Array) => Uint8Array;
export declare const encodeExtension: ({ id, critical, value }: ExtensionSpec) => Uint8Array;
export declare const spkiOf: (key: LabKey | Uint8Array) => Uint8Array;
/** The signed part. */
export declare function encodeTbs(spec: CertificateSpec, issuerKey: LabKey): Uint8Array;
export declare function makeCertificate(spec: CertificateSpec, issuerKey: LabKey): LabCertificate;
/** A certificate of other bytes under the same description: damaged, or with another signature. */
export declare const toLabCertificate: (der: Uint8Array, spec: CertificateSpec) => LabCertificate;
