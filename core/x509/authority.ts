/**
 * Authorities whose signatures on one another are verified once for all requests, so that a request pays for the leaf's
 * signature alone; and not before one needs them, so that who verifies by a key pays for none. Times, constraints and
 * usages are judged for every path.
 */
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { equalBytes } from "../encoding/bytes.ts";
import type { Limits } from "../limits.ts";
import type { Certificate } from "./certificate.ts";

/** Whether the second certificate's key signed the first, for pairs checked so far. */
export interface KnownSignatures {
  get(child: Certificate): ReadonlyMap<Certificate, boolean> | undefined;
}

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
 * Knows which authorities signed which intermediates, once somebody asks. Nothing is refused here: what does not verify
 * is remembered as that, and what is beyond `limits.chainSignatureChecks` is left to the request.
 */
export function prepareAuthority(
  anchors: readonly Certificate[],
  intermediates: readonly Certificate[],
  verifier: SignatureVerifier,
  limits: Limits,
): Authority {
  let known: KnownSignatures | undefined;
  const knownSignatures: KnownSignatures = {
    get: (child) => {
      known ??= verifyIntermediates(anchors, intermediates, verifier, limits);
      return known.get(child);
    },
  };
  return { anchors, intermediates, knownSignatures };
}

function verifyIntermediates(
  anchors: readonly Certificate[],
  intermediates: readonly Certificate[],
  verifier: SignatureVerifier,
  limits: Limits,
): KnownSignatures {
  const known = new Map<Certificate, Map<Certificate, boolean>>();
  let checks = 0;
  for (const child of intermediates) {
    const parents = new Map<Certificate, boolean>();
    for (const parent of [...anchors, ...intermediates]) {
      if (checks >= limits.chainSignatureChecks || parent === child || !equalBytes(child.issuer, parent.subject))
        continue;
      checks += 1;
      parents.set(parent, isSignedBy(child, parent, verifier));
    }
    known.set(child, parents);
  }
  return known;
}
