/**
 * Authorities whose signatures on one another were verified when trust was loaded, so that a request pays for the
 * leaf's signature alone. Times, constraints and usages are judged for every path.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import type { Limits } from "../limits.ts";
import type { Certificate } from "./certificate.ts";

/** Whether the second certificate's key signed the first, for pairs checked so far. */
export type KnownSignatures = ReadonlyMap<Certificate, ReadonlyMap<Certificate, boolean>>;

/** Spread it into the request of `verifyPath`. */
export interface Authority {
  readonly anchors: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  readonly knownSignatures: KnownSignatures;
}

/** Whether `parent`'s key signed `child`. Keys and algorithms that are not ours have signed nothing. */
export function isSignedBy(child: Certificate, parent: Certificate, verifier: SignatureVerifier): boolean {
  if (child.signatureAlgorithm === undefined || parent.publicKey === undefined) return false;
  return verifier.verify(child.signatureAlgorithm, parent.publicKey, { message: child.tbs }, child.signature);
}

/**
 * Verifies which authorities signed which intermediates. Nothing is refused here: what does not verify is remembered as
 * that, and what is beyond `limits.chainSignatureChecks` is left to the request.
 */
export function prepareAuthority(
  anchors: readonly Certificate[],
  intermediates: readonly Certificate[],
  verifier: SignatureVerifier,
  limits: Limits,
): Authority {
  const knownSignatures = new Map<Certificate, Map<Certificate, boolean>>();
  let checks = 0;
  for (const child of intermediates) {
    const parents = new Map<Certificate, boolean>();
    for (const parent of [...anchors, ...intermediates]) {
      if (checks >= limits.chainSignatureChecks || parent === child || !equalBytes(child.issuer, parent.subject))
        continue;
      checks += 1;
      parents.set(parent, isSignedBy(child, parent, verifier));
    }
    knownSignatures.set(child, parents);
  }
  return { anchors, intermediates, knownSignatures };
}
