import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeHex, encodeHex } from "../../../core/encoding/hex.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/encoding/hex");

test("there and back, either case", () => {
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.equal(decodeHex(encodeHex(all)), all);
  assert.equal(decodeHex("0aFf"), Uint8Array.of(10, 255));
  assert.is(encodeHex(Uint8Array.of(10, 255)), "0aff");
});

test("an odd length and any other character", () => {
  for (const text of ["0", "0g", " 0", "0x00", "é0", "00 "]) throwsCode("malformed", () => decodeHex(text));
});

test.run();
