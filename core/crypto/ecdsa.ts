/**
 * ECDSA verification over noble's points. Source: FIPS 186-5 §6.4.2.
 *
 * noble's own `verify` takes the key as bytes and forgets it; here a key keeps its point, and one that comes back (a
 * log's, an authority's) gets a table of multiples, which makes it four times as fast.
 */
import { toBigInt } from "./big-integer.ts";
import { curves } from "./curve.ts";
import { readEcdsaSignature } from "./ecdsa-signature.ts";
import { type Points, pointsOf } from "./points.ts";
import type { PublicKey } from "./public-key.ts";

type Point = InstanceType<Points>;
type EcdsaKey = PublicKey & { readonly type: "ecdsa" };

/** Building the table costs as much as about five verifications without it. */
const usesBeforeTable = 8;
const tableWindow = 6;

interface KnownKey {
  readonly point: Point;
  uses: number;
}
const known = new WeakMap<EcdsaKey, KnownKey>();

function pointOf(key: EcdsaKey): KnownKey {
  let entry = known.get(key);
  if (entry === undefined) {
    const { size } = curves[key.curve];
    const Point = pointsOf(key.curve);
    entry = {
      point: Point.fromAffine({
        x: toBigInt(key.point.subarray(1, 1 + size)),
        y: toBigInt(key.point.subarray(1 + size)),
      }),
      uses: 0,
    };
    known.set(key, entry);
  }
  entry.uses += 1;
  if (entry.uses === usesBeforeTable) entry.point.precompute(tableWindow);
  return entry;
}

/** The leftmost bits of a digest, as many as the order has. */
function truncate(digest: Uint8Array, order: bigint, orderBytes: number): bigint {
  // P-521, whose order is not a whole number of bytes, is longer than every digest.
  const value = toBigInt(digest.length > orderBytes ? digest.subarray(0, orderBytes) : digest);
  return value % order;
}

/** Whether a strict DER signature is one by `key` over a message of this digest. The key's point is on its curve. */
export function verifyEcdsa(key: EcdsaKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const parsed = readEcdsaSignature(signature, key.curve);
  if (parsed === undefined) return false;
  const Point = pointsOf(key.curve);
  const { order, size } = curves[key.curve];
  const { Fn } = Point;
  const inverse = Fn.inv(parsed.s);
  const first = Fn.mul(truncate(digest, order, size), inverse);
  const second = Fn.mul(parsed.r, inverse);
  const { point, uses } = pointOf(key);
  const sum =
    uses >= usesBeforeTable
      ? Point.BASE.multiplyUnsafe(first).add(point.multiplyUnsafe(second))
      : Point.BASE.mulAddUnsafe(first, point, second);
  return !sum.is0() && sum.toAffine().x % order === parsed.r;
}
