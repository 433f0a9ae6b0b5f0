/** Arithmetic at its edges, beside OpenSSL. */
import { createPublicKey, verify } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeBitString, encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { encodeOid } from "../../../core/asn1/oid.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { toBigInt, toBytes } from "../../../core/crypto/big-integer.ts";
import { curves } from "../../../core/crypto/curve.ts";
import { digest } from "../../../core/crypto/digest.ts";
import { verifyEcdsa } from "../../../core/crypto/ecdsa.ts";
import { parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/crypto/ecdsa");
const { order, oid } = curves["P-256"];
const message = encodeUtf8("message");
const hashed = digest("sha256", message);
const sequence = (...parts: Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
const encode = (r: bigint, s: bigint): Uint8Array =>
  sequence(encodeUnsigned(toBytes(r, 32)), encodeUnsigned(toBytes(s, 32)));
const keyOf = (scalar: bigint): PublicKey & { type: "ecdsa" } =>
  parseSpki(
    sequence(
      sequence(encodeElement(Tag.oid, encodeOid("1.2.840.10045.2.1")), encodeElement(Tag.oid, encodeOid(oid))),
      encodeBitString(p256.Point.BASE.multiplyUnsafe(scalar).toBytes(false)),
    ),
    defaultLimits,
  ) as PublicKey & { type: "ecdsa" };

/** A signature with a chosen nonce. */
function sign(secret: bigint, nonce: bigint, e: bigint): { r: bigint; s: bigint } {
  const { Fn } = p256.Point;
  const r = p256.Point.BASE.multiplyUnsafe(nonce).toAffine().x % order;
  return { r, s: Fn.mul(Fn.inv(nonce), Fn.create(e + r * secret)) };
}

for (const [name, secret, nonce] of [
  ["the base point as key", 1n, 77n],
  ["the base point's negative as key", order - 1n, 77n],
  ["nonce one", 5n, 1n],
  ["nonce and key the same", 9n, 9n],
] as const) {
  test(name, () => {
    const key = keyOf(secret);
    const { r, s } = sign(secret, nonce, toBigInt(hashed) % order);
    const object = createPublicKey({ key: Buffer.from(key.spki), format: "der", type: "spki" });
    // Both halves: S may be high.
    for (const half of [s, order - s]) {
      assert.ok(verifyEcdsa(key, hashed, encode(r, half)));
      assert.ok(verify("sha256", message, object, encode(r, half)));
    }
    assert.not.ok(verifyEcdsa(key, hashed, encode(r, s === 1n ? 2n : s - 1n)));
    for (let round = 0; round < 10; round++) assert.ok(verifyEcdsa(key, hashed, encode(r, s)));
  });
}

test("a sum at infinity is refused", () => {
  // e = -r·d makes u1·G + u2·Q the point at infinity.
  const secret = 3n;
  const r = p256.Point.BASE.multiplyUnsafe(7n).toAffine().x % order;
  const e = (order - ((r * secret) % order)) % order;
  assert.not.ok(verifyEcdsa(keyOf(secret), toBytes(e, 32), encode(r, 5n)));
});

test("a digest that is zero", () => {
  const { r, s } = sign(11n, 13n, 0n);
  assert.ok(verifyEcdsa(keyOf(11n), new Uint8Array(32), encode(r, s)));
});

test("what is not a signature", () => assert.not.ok(verifyEcdsa(keyOf(2n), hashed, Uint8Array.of(0x30, 0))));

test.run();
