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
  readonly generator: { readonly x: bigint; readonly y: bigint };
}

export const curves: Readonly<Record<EcdsaCurve, CurveParameters>> = {
  "P-256": {
    name: "P-256",
    oid: "1.2.840.10045.3.1.7",
    size: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    generator: {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    },
  },
  "P-384": {
    name: "P-384",
    oid: "1.3.132.0.34",
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    generator: {
      x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    },
  },
  "P-521": {
    name: "P-521",
    oid: "1.3.132.0.35",
    size: 66,
    p: 2n ** 521n - 1n,
    b: 0x051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    generator: {
      x: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
    },
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
