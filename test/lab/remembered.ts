/**
 * A verifier that verifies each signature once: tests judge much of the same evidence again and again, and the portable
 * adapter takes milliseconds for each curve operation. Nothing is lost, since verifying is a pure function.
 */
import { createHash } from "node:crypto";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";

export function remembered(inner: SignatureVerifier): SignatureVerifier {
  const known = new Map<string, boolean>();
  return {
    name: inner.name,
    verify(algorithm, key, signed, signature) {
      const hash = createHash("sha256").update(JSON.stringify(algorithm)).update(key.spki);
      const [kind, bytes] = "message" in signed ? ["message", signed.message] : ["digest", signed.digest];
      const id = hash
        .update(`${kind} ${key.spki.length} ${signature.length}`)
        .update(signature)
        .update(bytes)
        .digest("base64");
      const found = known.get(id);
      if (found !== undefined) return found;
      const holds = inner.verify(algorithm, key, signed, signature);
      known.set(id, holds);
      return holds;
    },
  };
}
