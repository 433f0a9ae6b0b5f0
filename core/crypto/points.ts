/**
 * Points of the NIST curves, by noble. Its `p256` and the like also sign, hash and encode, which nobody here does.
 * Source: FIPS 186-4 appendix D.1.2.
 */
import { weierstrass, type WeierstrassPointCons } from "@noble/curves/abstract/weierstrass.js";
import { curves, type EcdsaCurve } from "./curve.ts";

export type Points = WeierstrassPointCons<bigint>;

const made = new Map<EcdsaCurve, Points>();

/** A curve's points, made when they are first wanted. */
export function pointsOf(curve: EcdsaCurve): Points {
  let points = made.get(curve);
  if (points === undefined) {
    const { p, b, order, generator } = curves[curve];
    points = weierstrass({ p, n: order, h: 1n, a: p - 3n, b, Gx: generator.x, Gy: generator.y });
    made.set(curve, points);
  }
  return points;
}
