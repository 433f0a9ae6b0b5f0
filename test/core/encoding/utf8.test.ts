import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as node from "../../../core/encoding/utf8.ts";
import { throwsCode } from "../../support/assert.ts";
import { importPortable } from "../../support/import-portable.ts";

const test = suite("core/encoding/utf8");

const portable = await importPortable<typeof node>("core/encoding/utf8.ts");
for (const [host, { decodeUtf8, encodeUtf8 }] of Object.entries({ node, portable })) {
  test(`as the web's own encoder, for any text (${host})`, () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" })), (text) => {
        assert.equal(encodeUtf8(text), new TextEncoder().encode(text));
        assert.is(decodeUtf8(encodeUtf8(text)), text);
      }),
      { numRuns: 500, seed: 1 },
    );
    assert.equal(encodeUtf8("a\ud800b"), new TextEncoder().encode("a\ufffdb"));
    const long = `${"x".repeat(10_000)}é${"😀".repeat(5000)}`;
    assert.is(decodeUtf8(encodeUtf8(long)), long);
  });

  test(`strict as a fatal decoder, but for the mark at the beginning, which stays (${host})`, () => {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        let expected: string | undefined;
        try {
          expected = decoder.decode(bytes);
        } catch (error) {
          assert.instance(error, TypeError);
        }
        if (expected === undefined) throwsCode("malformed", () => decodeUtf8(bytes));
        else assert.is(decodeUtf8(bytes), expected);
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  test(`overlong forms, surrogates, values past the end and cut sequences (${host})`, () => {
    for (const bytes of [
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0x80],
      [0xe2, 0x82],
      [0xff],
      [0x41, 0xc3],
    ])
      throwsCode("malformed", () => decodeUtf8(Uint8Array.from(bytes)));
  });
}

test("a half of a surrogate pair that stands alone is found, twice in a row", () => {
  for (const text of ["a\ud800", "\udc00a", "\ud800\ud83d\ude00"])
    for (const _ of [1, 2]) assert.ok(node.holdsLoneSurrogate(text), JSON.stringify(text));
  for (const text of ["", "a", "\ud83d\ude00"]) assert.not.ok(node.holdsLoneSurrogate(text));
  assert.is("\ud800-\ud83d\ude00-\udc00".replace(node.loneSurrogates, "\ufffd"), "\ufffd-\ud83d\ude00-\ufffd");
});

test.run();
