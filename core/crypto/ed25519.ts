/**
 * Ed25519 and Ed25519ph over noble's points. Source: RFC 8032 §5.1.7 and §5.1.3.
 *  Verification is the cofactorless one of OpenSSL and Go: R is recomputed and its bytes compared. noble's own `verify`
 * multiplies by the cofactor and would accept signatures, reachable only by the key's owner, that OpenSSL refuses; the
 * adapters must agree.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { concat, equalBytes } from "../encoding/bytes.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { toBigInt } from "./big-integer.ts";
import { digest } from "./digest.ts";

type Point = InstanceType<typeof ed25519.Point>;

/** The order of the base point. */
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

/** The copy is explicit: `slice` of a Node Buffer would share the bytes. */
const littleEndian = (bytes: Uint8Array): bigint => toBigInt(new Uint8Array(bytes).reverse());

function decodePoint(bytes: Uint8Array): Point | undefined {
  if (bytes.length !== 32) return undefined;
  try {
    // `false`: RFC 8032, not ZIP 215: only canonical encodings.
    return ed25519.Point.fromBytes(bytes, false);
  } catch (error) {
    // noble throws for a number that is not a coordinate.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

/** Whether 32 bytes are the canonical encoding of a point that is not of small order. */
export function isEd25519Point(bytes: Uint8Array): boolean {
  const point = decodePoint(bytes);
  return point !== undefined && !point.isSmallOrder();
}

/** Whether S, the second half of a 64-byte signature, is below the group's order. */
export const isEd25519Signature = (signature: Uint8Array): boolean =>
  signature.length === 64 && littleEndian(signature.subarray(32)) < order;

/** dom2(1, "") of RFC 8032 §5.1: prehashed, empty context. */
const prehashPrefix = concat(encodeUtf8("SigEd25519 no Ed25519 collisions"), Uint8Array.of(1, 0));

const decoded = new WeakMap<Uint8Array, Point>();

function verifyOver(point: Uint8Array, prefix: Uint8Array, content: Uint8Array, signature: Uint8Array): boolean {
  const key = decoded.get(point) ?? decodePoint(point);
  if (key === undefined) return false;
  decoded.set(point, key);
  const commitment = signature.subarray(0, 32);
  const challenge = littleEndian(digest("sha512", concat(prefix, commitment, point, content))) % order;
  const expected = ed25519.Point.BASE.multiplyUnsafe(littleEndian(signature.subarray(32))).subtract(
    key.multiplyUnsafe(challenge),
  );
  return equalBytes(expected.toBytes(), commitment);
}

/** Verifies a well-formed signature by the key `point` over `message`. */
export const verifyEd25519 = (point: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean =>
  verifyOver(point, new Uint8Array(0), message, signature);

/** Verifies a well-formed signature by the key `point` over a message of which `sha512` is the digest. */
export const verifyEd25519ph = (point: Uint8Array, sha512: Uint8Array, signature: Uint8Array): boolean =>
  verifyOver(point, prehashPrefix, sha512, signature);
