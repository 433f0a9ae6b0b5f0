/** What is written is what the strict reader reads. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DerReader } from "../../../core/asn1/der.ts";
import { encodeBitString, encodeElement, encodeUnsigned } from "../../../core/asn1/encode.ts";
import { Tag } from "../../../core/asn1/tag.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/asn1/encode");

test("integers in their shortest form", () => {
  const written = (...bytes: number[]): string => encodeHex(encodeUnsigned(Uint8Array.from(bytes)));
  assert.is(written(), "020100");
  assert.is(written(0, 0), "020100");
  assert.is(written(0x7f), "02017f");
  assert.is(written(0x80), "02020080");
  assert.is(written(0, 0, 0x81, 0), "0203008100");
});

test("parts are joined, lengths are minimal", () => {
  assert.is(
    encodeHex(encodeElement(Tag.sequence, encodeElement(Tag.null), encodeBitString(Uint8Array.of(1)))),
    "300605000302 0001".replace(" ", ""),
  );
  for (const length of [127, 128, 70_000]) {
    const reader = new DerReader(encodeElement(Tag.octetString, new Uint8Array(length)), "test", defaultLimits);
    assert.is(reader.octetString().length, length);
    reader.end();
  }
});

test.run();
