/**
 * The two encodings of an ECDSA signature. Source: RFC 3279 §2.2.3 (DER), IEEE P1363 (r ‖ s).
 *
 *     30 45  02 21 00 e3…  02 20 1f…     DER: a sequence of the integers r and s
 *     e3… 1f…                            r and s, each as long as the curve's order
 */
import { type DerLimits, openDer } from "../asn1/der.ts";
import { encodeElement, encodeUnsigned } from "../asn1/encode.ts";
import { Tag } from "../asn1/tag.ts";
import { EngineError } from "../errors.ts";
import { compareUnsigned, toBigInt, toBytes } from "./big-integer.ts";
import { curves, type EcdsaCurve } from "./curve.ts";

export interface EcdsaSignature {
  readonly r: bigint;
  readonly s: bigint;
}

/** The format itself nests no deeper: a sequence of two integers. */
const signatureLimits: DerLimits = { asn1Depth: 1 };

/**
 * r and s of a strict DER signature, each 1 to the curve's order less 1; `undefined` for anything else. S may be high.
 */
export function readEcdsaSignature(signature: Uint8Array, curve: EcdsaCurve): EcdsaSignature | undefined {
  const [r, s] = readIntegers(signature, curve) ?? [];
  return r === undefined || s === undefined ? undefined : { r: toBigInt(r), s: toBigInt(s) };
}

/** Whether {@link readEcdsaSignature} reads it. */
export const isEcdsaSignature = (signature: Uint8Array, curve: EcdsaCurve): boolean =>
  readIntegers(signature, curve) !== undefined;

const orders = {
  "P-256": toBytes(curves["P-256"].order, curves["P-256"].size),
  "P-384": toBytes(curves["P-384"].order, curves["P-384"].size),
  "P-521": toBytes(curves["P-521"].order, curves["P-521"].size),
} as const;

/** Whether bytes without leading zeros are 1 to the order less 1. */
const isInRange = (value: Uint8Array, order: Uint8Array): boolean =>
  value[0] !== 0 &&
  (value.length < order.length || (value.length === order.length && compareUnsigned(value, order) < 0));

/** r and s without leading zeros. */
function readIntegers(signature: Uint8Array, curve: EcdsaCurve): readonly [Uint8Array, Uint8Array] | undefined {
  const { size } = curves[curve];
  // Longer than any signature of the curve: header of up to three bytes, two integers of up to three bytes more than
  // the size.
  if (signature.length > 2 * (size + 3) + 3) return undefined;
  try {
    const fields = openDer(signature, Tag.sequence, "signature", signatureLimits);
    const r = fields.unsignedBytes();
    const s = fields.unsignedBytes();
    fields.end();
    return isInRange(r, orders[curve]) && isInRange(s, orders[curve]) ? [r, s] : undefined;
  } catch (error) {
    // Anything but DER is not a signature: the port answers `false`, not with an error.
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** DER of r ‖ s, each as long as the curve's order; `undefined` for another length. */
export function p1363ToDer(signature: Uint8Array, curve: EcdsaCurve): Uint8Array | undefined {
  const { size } = curves[curve];
  if (signature.length !== 2 * size) return undefined;
  return encodeElement(
    Tag.sequence,
    encodeUnsigned(signature.subarray(0, size)),
    encodeUnsigned(signature.subarray(size)),
  );
}

/**
 * An artifact's signature as DER: as it is where it begins like DER and is as long as it says, converted where it is r
 * ‖ s. The verifier port takes DER only; cosign accepts both for artifacts, and DER alone for log promises and TUF.
 */
export function ecdsaSignatureToDer(signature: Uint8Array, curve: EcdsaCurve): Uint8Array {
  if (isEcdsaSignature(signature, curve)) return signature;
  return p1363ToDer(signature, curve) ?? signature;
}
