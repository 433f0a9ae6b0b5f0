/**
 * Certificate authorities: a root, intermediates and what they issue, with timestamps of certificate logs. Source: RFC
 * 5280, RFC 6962 §3.1, Fulcio's certificate profile.
 */
import { type CertificateSpec, type ExtensionSpec, type LabCertificate } from "./certificate.ts";
import { type CertificateLog, type TimestampSpec } from "./certificate-log.ts";
import { type LabKey, makeKey } from "./keys.ts";
import type { Seed } from "./seed.ts";
export interface AuthorityOptions {
  readonly seed: Seed;
  readonly name: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** The keys of root and intermediates. */
  readonly type?: Parameters<typeof makeKey>[2];
  /** How many stand between root and leaf. Default 1. */
  readonly intermediates?: number;
  /** Purposes of the intermediates. Default: none said. */
  readonly purposes?: readonly string[];
  /** Of one authority certificate: 0 is the root. */
  readonly change?: (spec: CertificateSpec, index: number) => CertificateSpec;
}
export interface Issuer {
  readonly key: LabKey;
  readonly certificate: LabCertificate;
}
/** `issuers`: root first. The last one issues. */
export declare class CertificateAuthority {
  #private;
  readonly issuers: readonly Issuer[];
  constructor({ seed, name, notBefore, notAfter, type, intermediates, purposes: ids, change }: AuthorityOptions);
  get root(): LabCertificate;
  /** The one that issues leaves. */
  get issuer(): Issuer;
  /** Without the leaf: the issuer first, the root last. */
  get chain(): readonly LabCertificate[];
  /** A leaf for code signing, still to be issued. */
  leaf(
    key: LabKey | Uint8Array,
    notBefore: Date,
    notAfter: Date,
    extensions: readonly ExtensionSpec[],
  ): CertificateSpec;
  /** Issues what the description says, whatever it says. */
  issue(spec: CertificateSpec, issuer?: LabKey): LabCertificate;
}
/** One log's timestamp in a certificate; changes make it wrong. */
export interface EmbeddedTimestamp {
  readonly log: CertificateLog;
  readonly at: Date;
  readonly changes?: Partial<TimestampSpec>;
}
/**
 * The description with a timestamp list in place of none: as the logs saw it, and then the list. `issuer` is the key
 * that issues.
 */
export declare function withTimestamps(
  spec: CertificateSpec,
  issuer: LabKey,
  timestamps: readonly EmbeddedTimestamp[],
): CertificateSpec;
