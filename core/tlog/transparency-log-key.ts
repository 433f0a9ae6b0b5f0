/**
 * Keys of transparency logs: Rekor's, and those of certificate transparency. Source: Sigstore trusted root,
 * `TransparencyLogInstance`.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";

/** A log that is trusted. */
export interface TransparencyLogKey {
  /** Lower-case hexadecimal, 32 bytes, as the trusted root states it: SHA-256 of the key's SPKI for CT and Rekor v1. */
  readonly logId: string;
  readonly publicKey: PublicKey;
  /**
   * Host of the log's base URL: the name that signs a Rekor v2 log's checkpoints, `""` where the URL has none.
   * Absent for a key that a policy gives without a URL; then the name is taken from the checkpoint, and key, hint and
   * log id must all fit it.
   */
  readonly origin?: string;
  /** Closed interval. */
  readonly validFor: ValidityPeriod;
}

/**
 * The log of a directly trusted key (`rekor.pubKey`, `ctlog.pubKey`): under any name, at any time, under the id that
 * Rekor v1 and CT derive from a key.
 */
export const toLogKey = (publicKey: PublicKey): TransparencyLogKey => ({
  logId: publicKey.fingerprint,
  publicKey,
  validFor: {},
});
