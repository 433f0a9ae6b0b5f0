/** Object identifiers there and back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeOid, formatOid } from "../../../core/asn1/oid.ts";
import { decodeHex, encodeHex } from "../../../core/encoding/hex.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/asn1/oid");

const known: Readonly<Record<string, string>> = {
  "2.5.4.3": "550403",
  "1.3.6.1.4.1.57264.1.8": "2b0601040183bf300108",
  "1.2.840.10045.4.3.2": "2a8648ce3d040302",
  "2.999.3": "883703",
  "0.39": "27",
  "2.0": "50",
};
for (const [text, hex] of Object.entries(known)) {
  test(text, () => {
    assert.is(encodeHex(encodeOid(text)), hex);
    assert.is(formatOid(decodeHex(hex), "test"), text);
  });
}

for (const hex of ["", "80", "558001", "5584", "88ffffffffffffffff7f"])
  test(`refused: ${hex || "nothing"}`, () => void throwsCode("malformed", () => formatOid(decodeHex(hex), "test")));

test("invalid constants are a bug", () => {
  assert.throws(
    () => encodeOid("1.40"),
    (error: Error) => error instanceof RangeError,
  );
});

test.run();
