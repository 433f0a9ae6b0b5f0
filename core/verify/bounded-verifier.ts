/**
 * A verifier with a bound on its calls: an attacker chooses keys, signatures and the number of candidates, so their
 * total cost must be bounded.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";

export interface BoundedVerifier extends SignatureVerifier {
  /** Whether the bound was exceeded. Results after that say nothing about the signatures. */
  isExhausted(): boolean;
}

/** The verifier, which throws `over-limit` when it is asked more than `checks` times. */
export function boundedVerifier(verifier: SignatureVerifier, checks: number): BoundedVerifier {
  let left = checks;
  let exhausted = false;
  return {
    name: verifier.name,
    isExhausted: () => exhausted,
    verify(algorithm, key, signed, signature) {
      if (left === 0) {
        exhausted = true;
        throw new EngineError("over-limit", `more than ${checks} signatures to verify`);
      }
      left -= 1;
      return verifier.verify(algorithm, key, signed, signature);
    },
  };
}
