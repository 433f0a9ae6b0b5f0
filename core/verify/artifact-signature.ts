/**
 * Verifies the signature over payload, envelope or artifact under the expected key. Source:
 * docs/spec/sigstore.md#hash-for-a-key, docs/spec/kyverno.md#keys.
 */
import { digestLength } from "../crypto/digest.ts";
import { ecdsaSignatureToDer } from "../crypto/ecdsa-signature.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureAlgorithm, SignatureVerifier } from "../crypto/signature-verifier.ts";

/** The signed message, or its SHA-256 if only that is known. */
export type SignedMessage = { readonly message: Uint8Array } | { readonly digest: Uint8Array };

/** Whether the known bytes or digest suffice for the algorithm: a bare digest serves only its own hash. */
function canVerify(algorithm: SignatureAlgorithm, signed: SignedMessage): boolean {
  if ("message" in signed) return true;
  return (
    algorithm.scheme !== "ed25519" &&
    algorithm.scheme !== "ed25519ph" &&
    digestLength[algorithm.hash] === signed.digest.length
  );
}

/**
 * The algorithm under which `signature` verifies, or `undefined`. ECDSA signatures may be DER or r ‖ s, as in cosign
 * for artifacts (but not for log promises, checkpoints and certificates).
 */
export function matchSignature(
  signed: SignedMessage,
  signature: Uint8Array,
  key: PublicKey,
  algorithms: readonly SignatureAlgorithm[],
  verifier: SignatureVerifier,
): SignatureAlgorithm | undefined {
  const encoded = key.type === "ecdsa" ? ecdsaSignatureToDer(signature, key.curve) : signature;
  return algorithms.find(
    (algorithm) => canVerify(algorithm, signed) && verifier.verify(algorithm, key, signed, encoded),
  );
}

/** An algorithm's name in evidence: `ecdsa-sha256`, `ed25519`. */
export const algorithmName = (algorithm: SignatureAlgorithm): string =>
  "hash" in algorithm ? `${algorithm.scheme}-${algorithm.hash}` : algorithm.scheme;
