import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../../core/encoding/utf8.ts";
import { bytesOfText, textOfBytes } from "../../../../core/kyverno/functions/byte-text.ts";

const test = suite("core/kyverno/functions/byte-text");

test("any bytes survive", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) =>
      assert.equal([...bytesOfText(textOfBytes(bytes).text)], [...bytes]),
    ),
  );
});

test("UTF-8 is itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assert.equal(textOfBytes(encodeUtf8(text)), { text, wellFormed: true });
    }),
  );
});

test("overlong forms, surrogates and cut sequences are bytes", () => {
  for (const bytes of [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe2, 0x82],
    [0xf0, 0x80, 0x80, 0x80],
    [0x80],
  ]) {
    const { text, wellFormed } = textOfBytes(Uint8Array.from(bytes));
    assert.not(wellFormed);
    assert.is(text.length, bytes.length);
  }
  assert.equal([...bytesOfText("😀\udcff")], [0xf0, 0x9f, 0x98, 0x80, 0xff]);
});

test.run();
