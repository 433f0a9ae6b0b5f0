import { suite } from "uvu";
import * as assert from "uvu/assert";
import { packedDigits, readPackedNumbers } from "../../../core/encoding/packed-numbers.ts";

const test = suite("core/encoding/packed-numbers");

const pack = (value: number): string =>
  value > 31 ? packedDigits.charAt((value & 31) | 32) + pack(value >>> 5) : packedDigits.charAt(value);

test("numbers of one digit and of more are read one after the other", () => {
  assert.equal(readPackedNumbers(""), []);
  assert.equal(readPackedNumbers("AB"), [0, 1]);
  // 32 is no low bit and one of the next digit.
  assert.equal(readPackedNumbers("gBf"), [32, 31]);
  const numbers = [0, 1, 31, 32, 33, 1023, 1024, 0xffff, 0x10ffff];
  assert.equal(readPackedNumbers(numbers.map(pack).join("")), numbers);
});

test("a digit stands for six bits, and none stands twice", () => {
  assert.is(packedDigits.length, 64);
  assert.is(new Set(packedDigits).size, 64);
});

test.run();
