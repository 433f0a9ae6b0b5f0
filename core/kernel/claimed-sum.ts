/** What an ECDSA signature claims of a sum of two points. Source: FIPS 186-5 §6.4.2. */
import { toBigInt } from "../crypto/big-integer.ts";
import { curves } from "../crypto/curve.ts";
import { digest } from "../crypto/digest.ts";
import { readEcdsaSignature } from "../crypto/ecdsa-signature.ts";
import { pointsOf } from "../crypto/points.ts";
import type { PublicKey } from "../crypto/public-key.ts";
import type { Signed } from "../crypto/signature-verifier.ts";
import type { SparsePrime } from "./field-code.ts";

export type EcdsaKey = PublicKey & { readonly type: "ecdsa" };
export type EcdsaHash = Parameters<typeof digest>[0];

/** That first·G + second·Q, Q the key's point, has an affine X that is `x` or, where there is one, `alternative`. */
export interface ClaimedSum {
  readonly first: bigint;
  readonly second: bigint;
  readonly x: bigint;
  /** The other integer below the prime that is the same modulo the order. */
  readonly alternative: bigint | undefined;
}

/** Undefined where the signature's integers are out of range. Both multipliers are below the order. */
export function claimedSum(
  curve: SparsePrime["curve"],
  hash: EcdsaHash,
  signed: Signed,
  signature: Uint8Array,
): ClaimedSum | undefined {
  const parsed = readEcdsaSignature(signature, curve);
  if (parsed === undefined) return undefined;
  const { r, s } = parsed;
  const { order, size, p } = curves[curve];
  const hashed = "digest" in signed ? signed.digest : digest(hash, signed.message);
  const inverse = pointsOf(curve).Fn.inv(s);
  const first = (toBigInt(hashed.subarray(0, size)) * inverse) % order;
  return { first, second: (r * inverse) % order, x: r, alternative: r + order < p ? r + order : undefined };
}

/** X and Y of a key's point. */
export function affineOf(key: EcdsaKey): { readonly x: bigint; readonly y: bigint } {
  const { size } = curves[key.curve];
  return { x: toBigInt(key.point.subarray(1, 1 + size)), y: toBigInt(key.point.subarray(1 + size)) };
}
