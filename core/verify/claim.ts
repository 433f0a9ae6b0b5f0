/** The artifact that a signature must name. */
import { type Digest, type HashName, digest as hash, digestLength } from "../crypto/digest.ts";
import { decodeHex } from "../encoding/hex.ts";

export interface Claim {
  /** Digest of the image's manifest or index, or of the file. */
  readonly digest: Digest;
  /** The wanted predicate type; absent: any. */
  readonly predicateType?: string;
  /**
   * The bytes behind the digest, for a signature over the artifact itself. Absent: only the digest is known.
   * @throws EngineError with an outage code when they are not available.
   */
  readonly bytes?: () => Uint8Array;
}

/** The artifact's digest under `algorithm`: SHA-256 always, others only from the bytes. */
export function claimedDigest(claim: Claim, algorithm: HashName): Uint8Array | undefined {
  if (algorithm === "sha256") return decodeHex(claim.digest.slice(-2 * digestLength.sha256));
  return claim.bytes === undefined ? undefined : hash(algorithm, claim.bytes());
}
