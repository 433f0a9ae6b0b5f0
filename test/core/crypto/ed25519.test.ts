/** Ed25519: canonical, cofactorless. */
import { ed25519 } from "@noble/curves/ed25519.js";
import { createPublicKey, verify } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toBigInt, toBytes } from "../../../core/crypto/big-integer.ts";
import { digest } from "../../../core/crypto/digest.ts";
import { isEd25519Point, isEd25519Signature, verifyEd25519 } from "../../../core/crypto/ed25519.ts";
import { ed25519PublicKey } from "../../../core/crypto/public-key.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/crypto/ed25519");
const order = ed25519.Point.CURVE().n;
const message = encodeUtf8("message");
const littleEndian = (value: bigint): Uint8Array => toBytes(value, 32).reverse();

test("S at or above the order is refused", () => {
  const signature = new Uint8Array(64);
  for (const [scalar, ok] of [
    [0n, true],
    [order - 1n, true],
    [order, false],
    [order + 5n, false],
    [2n ** 256n - 1n, false],
  ] as const) {
    signature.set(littleEndian(scalar), 32);
    assert.is(isEd25519Signature(signature), ok);
  }
  assert.not.ok(isEd25519Signature(signature.subarray(1)));
});

test("points", () => {
  assert.ok(isEd25519Point(ed25519.Point.BASE.toBytes()));
  assert.not.ok(isEd25519Point(ed25519.Point.ZERO.toBytes()));
  assert.not.ok(isEd25519Point(new Uint8Array(31)));
  assert.not.ok(isEd25519Point(new Uint8Array(32).fill(0xff)));
});

test("a signature that only the cofactor makes valid is refused, as OpenSSL refuses it", () => {
  // A point of order 8 is added to the commitment R; 8R stays the same.
  const torsion = ed25519.Point.fromBytes(
    decodeHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  );
  const secret = 123_456_789n;
  const nonce = 987_654_321n;
  const publicPoint = ed25519.Point.BASE.multiplyUnsafe(secret);
  const sign = (commitment: Uint8Array): Uint8Array => {
    const challenge = toBigInt(digest("sha512", concat(commitment, publicPoint.toBytes(), message)).reverse()) % order;
    return concat(commitment, littleEndian((nonce + challenge * secret) % order));
  };
  const key = ed25519PublicKey(publicPoint.toBytes(), defaultLimits) as ReturnType<typeof ed25519PublicKey> & {
    type: "ed25519";
  };
  const object = createPublicKey({ key: Buffer.from(key.spki), format: "der", type: "spki" });
  const plain = sign(ed25519.Point.BASE.multiplyUnsafe(nonce).toBytes());
  const twisted = sign(ed25519.Point.BASE.multiplyUnsafe(nonce).add(torsion).toBytes());
  for (const [signature, expected] of [
    [plain, true],
    [twisted, false],
  ] as const) {
    assert.is(verifyEd25519(key.point, message, signature), expected);
    assert.is(verify(null, message, object, signature), expected);
  }
  assert.is(ed25519.verify(twisted, message, key.point, { zip215: false }), true, "the test makes what it says");
});

test.run();
