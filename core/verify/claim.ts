/** What a signature must be about. */
import { type Digest, type HashName, digest as hash, digestLength } from "../crypto/digest.ts";
import { decodeHex } from "../encoding/hex.ts";

export interface Claim {
  /** Of the image's manifest or index, or of the file. */
  readonly digest: Digest;
  /** Predicate type of the statement that is looked for; absent: any. */
  readonly predicateType?: string;
  /**
   * The bytes of the digest, where a signature over the artifact itself may need them. Absent: only the digest is
   * known.
   * @throws EngineError an outage code when they are not at hand.
   */
  readonly bytes?: () => Uint8Array;
}

/** The artifact's digest under `algorithm`, if that can be known: SHA-256 always, others only from the bytes. */
export function claimedDigest(claim: Claim, algorithm: HashName): Uint8Array | undefined {
  if (algorithm === "sha256") return decodeHex(claim.digest.slice(-2 * digestLength.sha256));
  return claim.bytes === undefined ? undefined : hash(algorithm, claim.bytes());
}
