/**
 * The cases of golden-verify with their registries served over HTTP on loopback and asked, instead of read: every
 * verdict, code and patch must be the same.
 */
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
export interface AskedReport {
  readonly passed: number;
  /** Requests that the registries got. */
  readonly requests: number;
  readonly failed: readonly {
    readonly name: string;
    readonly why: string;
  }[];
}
/** Of all cases, or those that are named. */
export declare function runGoldenAsked(
  folder: string,
  now: Date,
  {
    crypto,
    only,
  }?: {
    readonly crypto?: SignatureVerifier;
    readonly only?: ReadonlySet<string>;
  },
): Promise<AskedReport>;
