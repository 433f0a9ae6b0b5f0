/** Strictness of the DER reader: one encoding for one value. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DerReader, openDer } from "../../../core/asn1/der.ts";
import { encodeElement } from "../../../core/asn1/encode.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../../core/asn1/tag.ts";
import { decodeHex, encodeHex } from "../../../core/encoding/hex.ts";
import { onlyEngineErrors, throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/asn1/der");
const reader = (hex: string): DerReader => new DerReader(decodeHex(hex), "test", defaultLimits);

test("elements are slices of the input", () => {
  const bytes = decodeHex("3006020105040100");
  const inner = openDer(bytes, Tag.sequence, "test", defaultLimits);
  assert.is(inner.smallInteger(9), 5);
  const slice = inner.octetString();
  inner.end();
  assert.is(slice.buffer, bytes.buffer);
  assert.is(encodeHex(slice), "00");
});

const refused: Readonly<Record<string, [string, (input: DerReader) => unknown]>> = {
  "indefinite length": ["3080020105 0000", (input) => input.read(Tag.sequence)],
  "long length below 128": ["0481 0100", (input) => input.octetString()],
  "length with a leading zero": [`0482 0080 ${"00".repeat(128)}`, (input) => input.octetString()],
  "length of five bytes": ["0485 0000000001 00", (input) => input.octetString()],
  "element longer than its container": ["3003 0402 00", (input) => input.read(Tag.sequence).octetString()],
  "cut length": ["0482", (input) => input.octetString()],
  "identifier alone": ["04", (input) => input.octetString()],
  "identifier above 30": ["1f8101 00", (input) => input.skip()],
  "constructed string": ["2403 040100", (input) => input.skip()],
  "primitive sequence": ["1000", (input) => input.skip()],
  "another identifier": ["0400", (input) => input.integerBytes()],
  "empty integer": ["0200", (input) => input.integerBytes()],
  "padded positive integer": ["02020001", (input) => input.integerBytes()],
  "padded negative integer": ["0202ff80", (input) => input.integerBytes()],
  "negative integer where none may be": ["020180", (input) => input.unsignedBytes()],
  "integer above its bound": ["020105", (input) => input.smallInteger(4)],
  "boolean that is 1": ["010101", (input) => input.boolean()],
  "boolean of two bytes": ["0102ffff", (input) => input.boolean()],
  "null with content": ["050100", (input) => input.null()],
  "bit string without count": ["0300", (input) => input.bits()],
  "eight unused bits": ["03020800", (input) => input.bits()],
  "unused bits of nothing": ["030101", (input) => input.bits()],
  "unused bits that are set": ["03020101", (input) => input.bits()],
  "bit string not of whole bytes": ["03020102", (input) => input.bitString()],
  "missing element": ["", (input) => input.read(Tag.sequence)],
  "a number for a time": ["020101", (input) => input.time()],
};
for (const [what, [hex, read]] of Object.entries(refused)) {
  test(`refused: ${what}`, () => {
    const error = throwsCode("malformed", () => read(reader(hex.replaceAll(" ", ""))));
    assert.is(error.subject, "test");
  });
}

test("trailing bytes are refused, inside and outside", () => {
  throwsCode("malformed", () => openDer(decodeHex("300000"), Tag.sequence, "test", defaultLimits));
  throwsCode("malformed", () => openDer(decodeHex("30020500"), Tag.sequence, "test", defaultLimits).end());
});

test("values", () => {
  assert.is(reader("0101ff").boolean(), true);
  assert.is(reader("010100").boolean(), false);
  assert.equal([...reader("020200ff").unsignedBytes()], [255]);
  assert.equal([...reader("020100").unsignedBytes()], [0]);
  assert.equal([...reader("0201ff").integerBytes()], [255]);
  assert.is(reader("020601000000 0000".replace(" ", "")).smallInteger(Number.MAX_SAFE_INTEGER), 2 ** 40);
  assert.equal(reader("03020780").bits(), { bytes: Uint8Array.of(0x80), unused: 7 });
  assert.equal([...reader("0303000102").bitString()], [1, 2]);
  assert.is(reader("0603550403").oid(), "2.5.4.3");
  assert.is(reader("170d3236303130313132303030305a").time().toISOString(), "2026-01-01T12:00:00.000Z");
  assert.is(reader("170d3236303130313132303030305a").utcTime().toISOString(), "2026-01-01T12:00:00.000Z");
  assert.is(
    reader("180f32303236303130313132303030305a").generalizedTime({ fraction: false }).toISOString(),
    "2026-01-01T12:00:00.000Z",
  );
  reader("0500").null();
});

test("optional elements, implicit identifiers, the end", () => {
  const input = reader("a003020102 8001ff".replace(" ", ""));
  assert.is(input.readOptional(contextConstructed(1)), undefined);
  assert.is(input.readOptional(contextConstructed(0))?.smallInteger(3), 2);
  assert.is(input.peek(), contextPrimitive(0));
  assert.is(input.boolean(contextPrimitive(0)), true);
  assert.ok(input.atEnd);
  assert.is(input.peek(), -1);
});

test("lengths of every size", () => {
  for (const length of [0, 127, 128, 255, 256, 65_535, 65_536]) {
    const encoded = encodeElement(Tag.octetString, new Uint8Array(length));
    assert.is(new DerReader(encoded, "test", defaultLimits).octetString().length, length);
    throwsCode("malformed", () =>
      new DerReader(encoded.subarray(0, encoded.length - 1), "test", defaultLimits).octetString(),
    );
  }
});

test("depth is bounded", () => {
  let nested = new Uint8Array(0);
  for (let level = 0; level < 70; level++) nested = new Uint8Array(encodeElement(Tag.sequence, nested));
  throwsCode("over-limit", () => {
    let input = new DerReader(nested, "test", defaultLimits);
    for (let level = 0; level < 70; level++) input = input.read(Tag.sequence);
  });
});

test("random bytes are read or refused, nothing else", () => {
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state >> 16;
  };
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: next() % 24 }, () => next() & (next() % 3 === 0 ? 0x3f : 0xff));
    onlyEngineErrors(() => {
      const input = new DerReader(bytes, "test", defaultLimits);
      while (!input.atEnd) input.peek() & 0x20 ? input.read(input.peek()) : input.skip();
    });
  }
});

test.run();
