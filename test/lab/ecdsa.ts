/**
 * Deterministic ECDSA: the same key and digest give the same signature, which Node's own do not. Node multiplies the
 * base point, at a fraction of what a portable library takes. Source: RFC 6979 §3.2, SEC 1 §4.1.3.
 */
import { createECDH, createHmac } from "node:crypto";
import { toBigInt, toBytes } from "../../core/crypto/big-integer.ts";
import { integer, sequence } from "./der.ts";

export interface SigningCurve {
  /** Node's name of the curve. */
  readonly name: string;
  /** Of the numbers that signatures are made of. */
  readonly hash: "sha256" | "sha384" | "sha512";
  readonly order: bigint;
}

/** 0x04 ‖ X ‖ Y of the base point, `scalar` times. */
export function multiplyBase({ name }: SigningCurve, scalar: Uint8Array): Uint8Array {
  const pair = createECDH(name);
  pair.setPrivateKey(scalar);
  return new Uint8Array(pair.getPublicKey());
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** RFC 6979 §2.3.2: the leftmost bits, as many as the order has. */
function leftmostBits(bytes: Uint8Array, order: bigint): bigint {
  const surplus = bytes.length * 8 - bitLength(order);
  return surplus > 0 ? toBigInt(bytes) >> BigInt(surplus) : toBigInt(bytes);
}

/** RFC 6979 §3.2: numbers between 1 and the order, one after the other. */
function* nonces({ hash, order }: SigningCurve, secret: Uint8Array, digest: Uint8Array): Generator<bigint> {
  const length = Math.ceil(bitLength(order) / 8);
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const made = createHmac(hash, key);
    for (const part of parts) made.update(part);
    return new Uint8Array(made.digest());
  };
  const message = toBytes(leftmostBits(digest, order) % order, length);
  const size = Number(hash.slice(3)) / 8;
  let value = new Uint8Array(size).fill(1) as Uint8Array;
  let key = new Uint8Array(size) as Uint8Array;
  for (const mark of [0, 1]) {
    key = hmac(key, value, Uint8Array.of(mark), secret, message);
    value = hmac(key, value);
  }
  for (;;) {
    let bytes = new Uint8Array() as Uint8Array;
    while (bytes.length < length) {
      value = hmac(key, value);
      bytes = Uint8Array.from([...bytes, ...value]);
    }
    const candidate = leftmostBits(bytes.subarray(0, length), order);
    if (candidate > 0n && candidate < order) yield candidate;
    key = hmac(key, value, Uint8Array.of(0));
    value = hmac(key, value);
  }
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [value, modulus, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + modulus : x;
}

/** The signature over a digest, as DER. `secret` is as long as the order. */
export function signDigest(curve: SigningCurve, secret: Uint8Array, digest: Uint8Array): Uint8Array {
  const { order } = curve;
  const length = Math.ceil(bitLength(order) / 8);
  const hashed = leftmostBits(digest, order) % order;
  for (const nonce of nonces(curve, secret, digest)) {
    const point = multiplyBase(curve, toBytes(nonce, length));
    const r = toBigInt(point.subarray(1, 1 + (point.length - 1) / 2)) % order;
    const s = (inverse(nonce, order) * ((hashed + r * toBigInt(secret)) % order)) % order;
    if (r !== 0n && s !== 0n) return sequence(integer(r), integer(s));
  }
  throw new Error("the numbers never end");
}
