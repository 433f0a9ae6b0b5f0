import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as base64 from "../../../core/encoding/base64.ts";
import { base64Codecs } from "../../../core/encoding/base64-codecs.ts";
import { hostCodecs as portable } from "../../../core/encoding/host-codecs.ts";
import type * as utf8 from "../../../core/encoding/utf8.ts";
import { importPortable } from "../../support/import-portable.ts";

const test = suite("core/encoding/base64-codecs");
const { decodeBase64, encodeBase64 } = await importPortable<typeof base64>("core/encoding/base64.ts");
const { decodeUtf8, encodeUtf8 } = await importPortable<typeof utf8>("core/encoding/utf8.ts");
const runs = { numRuns: 500, seed: 1 };

/** As lenient as a host may be: Node passes over what is not base64, and takes any bits behind the last byte. */
const codecs = base64Codecs({
  fromBase64: (text) => new Uint8Array(Buffer.from(text, "base64")),
  toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
  atob,
  btoa,
  utf8Length: (text) => Buffer.byteLength(text),
});
/** As strict as a host may be: what is not base64 is an error. */
const strict = base64Codecs({
  fromBase64: (text) => Uint8Array.from(atob(text), (unit) => unit.charCodeAt(0)),
  toBase64: (bytes) => Buffer.from(bytes).toString("base64"),
  atob,
  btoa,
  utf8Length: (text) => Buffer.byteLength(text),
});

test("the same names", () => assert.equal(Object.keys(codecs).sort(), Object.keys(portable).sort()));

test("base64: any bytes, there and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 400 }), (bytes) => {
      const text = encodeBase64(bytes);
      assert.is(codecs.encodeBase64(bytes), text);
      assert.equal(codecs.decodeBase64(text), bytes);
      assert.equal(decodeBase64(text), bytes);
    }),
    runs,
  );
});

test("equal bytes are equal, and one that differs anywhere is seen", () => {
  const bytes = Uint8Array.from({ length: 40 }, (_, index) => index * 5);
  for (const length of [12, 13, 32, 40]) {
    const part = bytes.subarray(0, length);
    assert.is(codecs.equalBytes(part, Uint8Array.from(part)), true);
    for (let at = 0; at < length; at++) {
      const other = Uint8Array.from(part);
      other[at] = (other[at] ?? 0) ^ 1;
      assert.is(codecs.equalBytes(part, other), false, `${length} bytes, at ${at}`);
    }
  }
  assert.is(codecs.equalBytes(bytes.subarray(0, 11), bytes.subarray(0, 11)), undefined, "left to the loop");
});

test("base64: what portable code refuses, this leaves to it", () => {
  const text = encodeBase64(Uint8Array.from({ length: 100 }, (_, index) => index * 7));
  assert.ok(text.endsWith("=="));
  for (const candidate of [
    text.slice(1), // cut
    text.slice(0, -2), // no padding
    `${text.slice(0, -3)}B==`, // trailing bits
    `${text.slice(0, 20)}\n${text.slice(21)}`,
    `${text.slice(0, 20)} ${text.slice(21)}`,
    `${text}\n`,
    `${text.slice(0, 20)}-${text.slice(21)}`, // the other alphabet
    `${text.slice(0, 20)}=${text.slice(21)}`, // padding inside
    `${text.slice(0, 20)}\u0141${text.slice(21)}`, // its low byte is a letter of the alphabet
    `====${text.slice(4)}`,
    `${text}====`,
    `${text.slice(0, -4)}A===`,
  ])
    for (const host of [codecs, strict]) assert.is(host.decodeBase64(candidate), undefined, candidate);
  assert.equal(strict.decodeBase64(text), decodeBase64(text));
});

test("UTF-8: ASCII as everywhere, and all else is left to portable code", () => {
  fc.assert(
    fc.property(
      fc.string({
        minLength: 12,
        maxLength: 600,
        unit: fc.integer({ min: 0, max: 127 }).map((unit) => String.fromCharCode(unit)),
      }),
      (text) => {
        const bytes = encodeUtf8(text);
        assert.equal(codecs.encodeUtf8(text), bytes);
        assert.is(codecs.decodeUtf8(bytes), text);
        assert.is(decodeUtf8(bytes), text);
      },
    ),
    runs,
  );
  for (const unit of ["\u0080", "\u00ff", "\u0100", "\u20ac", "\ud83d\ude00", "\ud800", "\udc00"]) {
    for (const text of [`what is not ASCII: ${unit}`, `${unit} in a long text${".".repeat(300)}`]) {
      assert.is(codecs.encodeUtf8(text), undefined, text);
      assert.is(codecs.decodeUtf8(encodeUtf8(text)), undefined, text);
    }
  }
  assert.is(codecs.decodeUtf8(new Uint8Array(20).fill(0xff)), undefined);
});

test("what is short is left to portable code", () => {
  assert.equal(
    [codecs.decodeBase64("AAAA"), codecs.encodeBase64(new Uint8Array(3)), codecs.decodeUtf8(new Uint8Array(3))],
    [undefined, undefined, undefined],
  );
  assert.is(codecs.encodeUtf8("abc"), undefined);
});

test.run();
