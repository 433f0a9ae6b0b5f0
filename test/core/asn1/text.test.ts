/** Character strings. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Tag } from "../../../core/asn1/tag.ts";
import { decodeText, isTextTag } from "../../../core/asn1/text.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/asn1/text");

const read: Readonly<Record<string, [number, string, string]>> = {
  utf8: [Tag.utf8String, "c3bc", "ü"],
  printable: [Tag.printableString, "412a26", "A*&"],
  ia5: [Tag.ia5String, "6140", "a@"],
  numeric: [Tag.numericString, "312032", "1 2"],
  "t61 as Latin-1": [Tag.t61String, "fc", "ü"],
  bmp: [Tag.bmpString, "00fc20ac", "ü€"],
};
for (const [name, [tag, hex, text]] of Object.entries(read)) {
  test(name, () => {
    assert.ok(isTextTag(tag));
    assert.is(decodeText(tag, decodeHex(hex), "test"), text);
  });
}

const refused: Readonly<Record<string, [number, string]>> = {
  "utf8 that is not": [Tag.utf8String, "c3"],
  "at sign in a printable string": [Tag.printableString, "40"],
  "byte above 127 in IA5": [Tag.ia5String, "80"],
  "letter in a numeric string": [Tag.numericString, "61"],
  "odd bytes in a bmp string": [Tag.bmpString, "00"],
  "half a surrogate pair in a bmp string": [Tag.bmpString, "d800"],
  "a visible string, which Go does not read either": [0x1a, "41"],
  "an octet string": [Tag.octetString, "41"],
};
for (const [name, [tag, hex]] of Object.entries(refused))
  test(`refused: ${name}`, () =>
    assert.is(throwsCode("malformed", () => decodeText(tag, decodeHex(hex), "test")).subject, "test"));

test("long strings", () => {
  const long = "a".repeat(20_000);
  assert.is(decodeText(Tag.ia5String, encodeUtf8(long), "test"), long);
});

test.run();
