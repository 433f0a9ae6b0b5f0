import { type HashName } from "../../core/crypto/digest.ts";
import type { SignatureAlgorithm } from "../../core/crypto/signature-verifier.ts";
import { CertificateAuthority } from "./authority.ts";
import { type CertificateSpec, type LabCertificate } from "./certificate.ts";
import { type LabKey, makeKey } from "./keys.ts";
import type { Seed } from "./seed.ts";
export declare const timestampId: {
  readonly signedData: "1.2.840.113549.1.7.2";
  readonly data: "1.2.840.113549.1.7.1";
  readonly tstInfo: "1.2.840.113549.1.9.16.1.4";
  readonly contentType: "1.2.840.113549.1.9.3";
  readonly messageDigest: "1.2.840.113549.1.9.4";
  readonly signingTime: "1.2.840.113549.1.9.5";
  readonly signingCertificate: "1.2.840.113549.1.9.16.2.12";
  readonly signingCertificateV2: "1.2.840.113549.1.9.16.2.47";
  readonly policy: "1.3.6.1.4.1.57264.2";
};
/** An attribute among the signed ones: its only value. */
export declare const attribute: (type: string, value: Uint8Array) => Uint8Array;
export interface TokenSpec {
  readonly at: Date;
  /** 0 granted, 1 granted with changes, 2 rejection. */
  readonly status: number;
  /** What is stamped, and under which hash; or the imprint itself. */
  readonly hash: HashName | "sha1";
  readonly imprint?: Uint8Array;
  readonly infoVersion: number;
  readonly policy: string;
  readonly serial: number;
  readonly nonce?: Uint8Array;
  /** Elements behind the time: accuracy, ordering, and so on. */
  readonly infoRest: readonly Uint8Array[];
  /** A critical extension of the statement. */
  readonly criticalExtension?: boolean;
  /** In place of the encoded statement. */
  readonly info?: (info: Uint8Array) => Uint8Array;
  /** Content type outside, and among the signed attributes. */
  readonly contentType: string;
  readonly signedContentType: string;
  readonly signedDataVersion: number;
  readonly digest: HashName;
  /** Digests that the signed data announces. */
  readonly announced: readonly (HashName | "sha1")[];
  /** In place of the digest of the content. */
  readonly messageDigest?: Uint8Array;
  readonly signingTime: Date | undefined;
  /** ESS: which certificate the signature names; by which version. */
  readonly names: LabCertificate | undefined;
  readonly namedBy: "v1" | "v2" | "both";
  /** The whole list of signed attributes. */
  readonly attributes?: (attributes: readonly Uint8Array[]) => readonly Uint8Array[];
  /** Who signs, and whom issuer and serial number name. */
  readonly key: LabKey;
  readonly signer: LabCertificate;
  readonly signerVersion: number;
  /** Subject key identifier in place of issuer and serial number. */
  readonly byKeyIdentifier?: boolean;
  readonly algorithm?: SignatureAlgorithm;
  /** Embedded certificates. */
  readonly certificates: readonly LabCertificate[];
  readonly signature?: (signature: Uint8Array) => Uint8Array;
  /** How often the signer stands there. */
  readonly signers: number;
}
export interface TimestampAuthorityOptions {
  readonly seed: Seed;
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly type?: Parameters<typeof makeKey>[2];
  readonly intermediates?: number;
  /** Of the authority's own certificate. */
  readonly leaf?: (spec: CertificateSpec) => CertificateSpec;
}
export declare class LabTimestampAuthority {
  readonly url: string;
  readonly authority: CertificateAuthority;
  readonly key: LabKey;
  readonly certificate: LabCertificate;
  constructor({ seed, name, notBefore, notAfter, type, intermediates, leaf }: TimestampAuthorityOptions);
  /** As a trusted root lists it: the authority's own certificate first, the root last. */
  get chain(): readonly LabCertificate[];
  /** A response with a token over `message`. */
  stamp(message: Uint8Array, at: Date, changes?: Partial<TokenSpec>): Uint8Array;
}
