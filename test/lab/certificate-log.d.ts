import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import type { Certificate } from "../../core/x509/certificate.ts";
import type { CertificateLogKey } from "../../core/x509/sct.ts";
import type { ExtensionSpec } from "./certificate.ts";
import type { LabKey } from "./keys.ts";
/** What stands in a timestamp and what is signed. The signed parts can be others than the written ones. */
export interface TimestampSpec {
  readonly at: Date;
  readonly version: number;
  readonly logId: Uint8Array;
  readonly extensions: Uint8Array;
  /** As they are signed, where others are written. */
  readonly signedExtensions?: Uint8Array;
  readonly hashAlgorithm: number;
  readonly signatureAlgorithm: number;
  /** 0 certificate, 1 precertificate. */
  readonly entryType: number;
  /** Of a precertificate: SHA-256 of the issuer's key, and the signed part without timestamps. */
  readonly issuerKeyHash: Uint8Array;
  readonly tbs: Uint8Array;
  /** Of a certificate: the whole of it. */
  readonly certificate: Uint8Array;
  /** The signed time, where it shall differ from the written one. */
  readonly signedAt?: Date;
  readonly key: LabKey;
  readonly algorithm?: SignatureAlgorithm;
  readonly signature?: (signature: Uint8Array) => Uint8Array;
}
export declare class CertificateLog {
  #private;
  readonly key: LabKey;
  readonly url: string;
  constructor(key: LabKey, url?: string);
  get id(): Uint8Array;
  /** The log as a trusted root has it, without a period. */
  get trusted(): CertificateLogKey;
  /** A SignedCertificateTimestamp over the signed part of a certificate, which has no timestamps yet. */
  embedded(tbs: Uint8Array, issuer: Pick<LabKey, "publicKey">, at: Date, changes?: Partial<TimestampSpec>): Uint8Array;
}
/** The signed part of a certificate without one of its extensions: what a log signs of a precertificate. */
export declare function tbsWithout(certificate: Certificate, id: string): Uint8Array;
/** The certificate extension of these timestamps. */
export declare function timestampList(timestamps: readonly Uint8Array[]): ExtensionSpec;
