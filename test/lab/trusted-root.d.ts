import type { CertificateAuthority } from "./authority.ts";
import type { CertificateLog } from "./certificate-log.ts";
import type { RekorV1, RekorV2 } from "./entry-log.ts";
import type { LabTimestampAuthority } from "./timestamp-authority.ts";
export interface Period {
  readonly start?: Date;
  readonly end?: Date;
}
export type Json = any;
/** Of a certificate log, or of a log of either Rekor. */
export declare const logInstance: (log: CertificateLog | RekorV1 | RekorV2, validFor: Period) => Json;
export declare const certificateAuthorityInstance: (authority: CertificateAuthority, validFor: Period) => Json;
export declare const timestampAuthorityInstance: (authority: LabTimestampAuthority, validFor: Period) => Json;
export declare const trustedRootJson: (parts: {
  readonly tlogs: readonly Json[];
  readonly certificateAuthorities: readonly Json[];
  readonly ctlogs: readonly Json[];
  readonly timestampAuthorities: readonly Json[];
}) => Json;
