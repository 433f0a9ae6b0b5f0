/**
 * A verifier that verifies only so often: keys and signatures that an attacker chose cost what they cost, however many
 * candidates there are.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";

export interface BoundedVerifier extends SignatureVerifier {
  /** Whether it was asked more often than it may be: what was judged since says nothing of the signatures. */
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
