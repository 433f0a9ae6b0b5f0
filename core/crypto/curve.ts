/**
 * The NIST curves y² = x³ - 3x + b over the field of p, of prime order n. Source: FIPS 186-4 appendix D.1.2, RFC 5480
 * §2.1.1.1.
 */
import { toBigInt } from "./big-integer.ts";

export type EcdsaCurve = "P-256" | "P-384" | "P-521";

export interface CurveParameters {
  readonly name: EcdsaCurve;
  /** Object identifier in dotted text. */
  readonly oid: string;
  /** Bytes of a coordinate, and of an integer below the order. */
  readonly size: number;
  readonly p: bigint;
  readonly b: bigint;
  readonly order: bigint;
}

export const curves: Readonly<Record<EcdsaCurve, CurveParameters>> = {
  "P-256": {
    name: "P-256",
    oid: "1.2.840.10045.3.1.7",
    size: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  "P-384": {
    name: "P-384",
    oid: "1.3.132.0.34",
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  "P-521": {
    name: "P-521",
    oid: "1.3.132.0.35",
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
};

const all = Object.values(curves);

/** The curve of an object identifier, if it is one of the three. */
export const curveOf = (oid: string): CurveParameters | undefined => all.find((curve) => curve.oid === oid);

/**
 * Whether `point` is 0x04 ‖ X ‖ Y of a point on the curve. The curves have cofactor 1: every such point has the right
 * order.
 */
export function isOnCurve(curve: CurveParameters, point: Uint8Array): boolean {
  if (point.length !== 1 + 2 * curve.size || point[0] !== 4) return false;
  const x = toBigInt(point.subarray(1, 1 + curve.size));
  const y = toBigInt(point.subarray(1 + curve.size));
  if (x >= curve.p || y >= curve.p) return false;
  return (y * y - (x * x - 3n) * x - curve.b) % curve.p === 0n;
}
