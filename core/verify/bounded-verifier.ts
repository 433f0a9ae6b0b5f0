/** A verifier that verifies only so often: keys and signatures that an attacker chose cost what they cost, however many candidates there are. */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { EngineError } from "../errors.ts";

/** The verifier, which throws `over-limit` when it is asked more than `checks` times. */
export function boundedVerifier(verifier: SignatureVerifier, checks: number): SignatureVerifier {
  let left = checks;
  return {
    name: verifier.name,
    verify(algorithm, key, signed, signature) {
      if (left === 0) throw new EngineError("over-limit", `more than ${checks} signatures to verify`);
      left -= 1;
      return verifier.verify(algorithm, key, signed, signature);
    },
  };
}
