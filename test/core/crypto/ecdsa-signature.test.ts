/** DER and r ‖ s. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { toBytes } from "../../../core/crypto/big-integer.ts";
import { curves } from "../../../core/crypto/curve.ts";
import { ecdsaSignatureToDer, p1363ToDer, readEcdsaSignature } from "../../../core/crypto/ecdsa-signature.ts";

const test = suite("core/crypto/ecdsa-signature");
const encode = (r: bigint, s: bigint): Uint8Array =>
  encodeElement(Tag.sequence, encodeUnsigned(toBytes(r, 66)), encodeUnsigned(toBytes(s, 66)));

for (const { name, order, size } of Object.values(curves)) {
  test(`${name}: range of r and s`, () => {
    assert.equal(readEcdsaSignature(encode(1n, order - 1n), name), { r: 1n, s: order - 1n });
    for (const [r, s] of [
      [0n, 1n],
      [1n, 0n],
      [order, 1n],
      [1n, order],
    ] as const)
      assert.is(readEcdsaSignature(encode(r, s), name), undefined);
  });

  test(`${name}: raw form`, () => {
    const raw = new Uint8Array([...toBytes(5n, size), ...toBytes(order - 2n, size)]);
    assert.equal(p1363ToDer(raw, name), encode(5n, order - 2n));
    assert.equal(ecdsaSignatureToDer(raw, name), encode(5n, order - 2n));
    assert.is(p1363ToDer(raw.subarray(1), name), undefined);
    assert.is(p1363ToDer(new Uint8Array(2 * size + 2), name), undefined);
    const der = encode(7n, 9n);
    assert.is(ecdsaSignatureToDer(der, name), der);
    const neither = Uint8Array.of(1, 2, 3);
    assert.is(ecdsaSignatureToDer(neither, name), neither);
  });
}

test("what is not strict DER is no signature", () => {
  const good = encode(5n, 6n);
  for (const wrong of [
    [],
    [0x30],
    [...good, 0],
    [0x30, 0x81, ...good.subarray(1)],
    [0x30, 7, 2, 2, 0, 5, 2, 1, 6],
    [0x30, 6, 2, 1, 0xfb, 2, 1, 6],
    [0x31, ...good.subarray(1)],
    [0x30, 3, 2, 1, 5],
    [0x30, 0x80, ...good.subarray(2), 0, 0],
  ]) {
    assert.is(readEcdsaSignature(Uint8Array.from(wrong), "P-256"), undefined);
  }
  assert.is(readEcdsaSignature(new Uint8Array(1000), "P-256"), undefined);
});

test.run();
