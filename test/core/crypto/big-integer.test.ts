/** Integers and bytes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareUnsigned, toBigInt, toBytes } from "../../../core/crypto/big-integer.ts";

const test = suite("core/crypto/big-integer");

test("there and back at every length", () => {
  for (let length = 1; length < 40; length++) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37 + length) & 0xff);
    assert.is(toBigInt(bytes), BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
    assert.equal(toBytes(toBigInt(bytes), length), bytes);
  }
  assert.is(toBigInt(new Uint8Array(0)), 0n);
  assert.equal([...toBytes(1n, 10)], [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
});

test("slices keep their place", () => assert.is(toBigInt(Uint8Array.of(9, 1, 2, 9).subarray(1, 3)), 258n));

test("what does not fit is a bug", () =>
  assert.throws(
    () => toBytes(256n, 1),
    (error: Error) => error instanceof RangeError,
  ));

test("order", () => {
  assert.is(compareUnsigned(Uint8Array.of(1, 2), Uint8Array.of(1, 2)), 0);
  assert.is(compareUnsigned(Uint8Array.of(1, 2), Uint8Array.of(2, 1)), -1);
  assert.is(compareUnsigned(Uint8Array.of(1, 3), Uint8Array.of(1, 2)), 1);
});

test.run();
