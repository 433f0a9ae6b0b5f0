import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { readRsaKey } from "../../../core/crypto/rsa-key.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";

const test = suite("core/crypto/rsa-key");

const modulusOf = (bits: number): Uint8Array => {
  const bytes = new Uint8Array(Math.ceil(bits / 8)).fill(0xff);
  bytes[0] = 0xff >> (8 * bytes.length - bits);
  return bytes;
};
const encoded = (modulus: Uint8Array, exponent: Uint8Array): Uint8Array =>
  encodeElement(Tag.sequence, encodeUnsigned(modulus), encodeUnsigned(exponent));
const read = (modulus: Uint8Array, exponent: Uint8Array) => readRsaKey(encoded(modulus, exponent), defaultLimits);

test("a modulus of 1024 to 8192 bits that is odd, an exponent of 3 to 2^31 - 1 that is odd", () => {
  const exponent = Uint8Array.of(1, 0, 1);
  for (const bits of [1024, 1025, 8192]) assert.is(read(modulusOf(bits), exponent).bits, bits);
  throwsCode("malformed", () => read(modulusOf(1023), exponent));
  throwsCode("over-limit", () => read(modulusOf(8193), exponent));
  throwsCode("malformed", () => read(modulusOf(2048).fill(0xfe, 255), exponent));
  for (const wrong of [[0], [1], [2], [4], [0x80, 0, 0, 1]])
    throwsCode("malformed", () => read(modulusOf(2048), Uint8Array.from(wrong)));
  for (const right of [[3], [0x7f, 0xff, 0xff, 0xff]])
    assert.is(
      read(modulusOf(2048), Uint8Array.from(right)).exponent,
      Number.parseInt(encodeHex(Uint8Array.from(right)), 16),
    );
});

test("a truncated key is refused, and so is one with more behind it", () => {
  const key = encoded(modulusOf(1024), Uint8Array.of(3));
  for (let length = 0; length < key.length; length++)
    onlyEngineErrors(() => readRsaKey(key.subarray(0, length), defaultLimits));
  throwsCode("malformed", () => readRsaKey(key.subarray(0, -1), defaultLimits));
  throwsCode("malformed", () => readRsaKey(Uint8Array.of(...key, 0), defaultLimits));
});

test.run();
