/**
 * One Sigstore of the lab: authority, logs, timestamp authorities and the trusted root of them, all from a seed and a
 * clock.
 */
import type { Json } from "./trusted-root.ts";
import { CertificateAuthority } from "./authority.ts";
import { CertificateLog } from "./certificate-log.ts";
import { RekorV1, RekorV2 } from "./entry-log.ts";
import { type KeyType, type LabKey } from "./keys.ts";
import type { NoteSigner } from "./note.ts";
import { Seed } from "./seed.ts";
import { LabTimestampAuthority } from "./timestamp-authority.ts";
import { type Period } from "./trusted-root.ts";
export interface LabOptions {
  readonly seed?: string;
  /** When things are signed. */
  readonly signedAt?: Date;
  /** When things are judged. */
  readonly now?: Date;
  /** Key types of the instances. */
  readonly authorityKey?: KeyType;
  readonly rekor2Key?: KeyType;
  readonly timestampKey?: KeyType;
}
export declare const later: (at: Date, milliseconds: number) => Date;
/**
 * Instances are made when they are first asked for. Two labs of one seed are the same; labs of two seeds share nothing
 * (RSA keys aside).
 */
export declare class Lab {
  #private;
  readonly seed: Seed;
  readonly signedAt: Date;
  readonly now: Date;
  /** Of every instance: its certificates' validity, and what the trusted root says. */
  readonly period: Required<Period>;
  /** How long a leaf is valid from `signedAt` on. */
  readonly leafMinutes = 10;
  constructor(options?: LabOptions);
  /** When a log took an entry, and an authority stamped it. */
  get loggedAt(): Date;
  get leafEnd(): Date;
  key(name?: string, type?: KeyType): LabKey;
  /** Issues signing certificates, as Fulcio: a root and one intermediate. */
  get authority(): CertificateAuthority;
  /** Another authority with the same period; not in the trusted root. */
  makeAuthority(
    name: string,
    changes?: Partial<ConstructorParameters<typeof CertificateAuthority>[0]>,
  ): CertificateAuthority;
  get certificateLog(): CertificateLog;
  get rekor(): RekorV1;
  get rekor2(): RekorV2;
  /** Who cosigns checkpoints of the log. */
  witness(name?: string): NoteSigner;
  get timestampAuthority(): LabTimestampAuthority;
  /** In the trusted root as well. */
  get secondTimestampAuthority(): LabTimestampAuthority;
  makeTimestampAuthority(
    name: string,
    changes?: Partial<ConstructorParameters<typeof LabTimestampAuthority>[0]>,
  ): LabTimestampAuthority;
  /** `change` gets the document as JSON. */
  trustedRoot(change?: (root: Json) => Json): Uint8Array;
}
/** Another lab whose instances look the same and have other keys: what it signs is by strangers. */
export declare const strangers: (lab: Lab) => Lab;
