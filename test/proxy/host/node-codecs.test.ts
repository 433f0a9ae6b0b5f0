import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as base64 from "../../../core/encoding/base64.ts";
import { hostCodecs as portable } from "../../../core/encoding/host-codecs.ts";
import type * as utf8 from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { hostCodecs } from "../../../proxy/host/node-codecs.ts";
import { importPortable } from "../../support/import-portable.ts";

const test = suite("proxy/host/node-codecs");
const { decodeBase64, encodeBase64 } = await importPortable<typeof base64>("core/encoding/base64.ts");
const { decodeUtf8, encodeUtf8 } = await importPortable<typeof utf8>("core/encoding/utf8.ts");
const runs = { numRuns: 500, seed: 1 };

/** What the portable function gives, or `undefined` where it refuses. */
function accepted<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

test("the same names", () => {
  assert.equal(Object.keys(hostCodecs), Object.keys(portable));
});

test("base64: any bytes, there and back, as plain bytes with their own memory", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 48, maxLength: 400 }), (bytes) => {
      const text = encodeBase64(bytes);
      assert.is(hostCodecs.encodeBase64(bytes), text);
      const decoded = hostCodecs.decodeBase64(text) as Uint8Array;
      assert.is(Object.getPrototypeOf(decoded), Uint8Array.prototype);
      assert.is(decoded.buffer.byteLength, bytes.length);
      assert.equal(decoded, bytes);
    }),
    runs,
  );
});

test("base64: what portable code refuses, this leaves to it", () => {
  const text = encodeBase64(Uint8Array.from({ length: 100 }, (_, index) => index * 7));
  assert.ok(text.endsWith("=="));
  const wrong = [
    text.slice(1), // cut
    `${text.slice(0, -2)}`, // no padding
    `${text.slice(0, -3)}B==`, // trailing bits
    `${text.slice(0, 20)}\n${text.slice(21)}`,
    `${text.slice(0, 20)} ${text.slice(21)}`,
    `${text.slice(0, 20)}-${text.slice(21)}`, // the other alphabet
    `${text.slice(0, 20)}=${text.slice(21)}`, // padding inside
    `${text.slice(0, 20)}\u0141${text.slice(21)}`, // low byte is a letter of the alphabet
    `====${text.slice(4)}`,
    `${text}====`,
  ];
  for (const candidate of wrong) {
    assert.is(
      accepted(() => decodeBase64(candidate)),
      undefined,
      candidate,
    );
    assert.is(hostCodecs.decodeBase64(candidate), undefined, candidate);
  }
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), (at, unit) => {
      const candidate = text.slice(0, at) + unit + text.slice(at + unit.length);
      assert.equal(
        hostCodecs.decodeBase64(candidate),
        accepted(() => decodeBase64(candidate)),
      );
    }),
    runs,
  );
});

test("UTF-8: any text encodes the same, lone surrogates and a byte order mark too", () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(
          fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
          fc.constantFrom("\ud800", "\udfff", "\ufeff", "\0"),
        ),
        minLength: 48,
      }),
      (text) => {
        const bytes = hostCodecs.encodeUtf8(text) as Uint8Array;
        assert.is(Object.getPrototypeOf(bytes), Uint8Array.prototype);
        assert.equal(bytes, encodeUtf8(text));
        assert.is(hostCodecs.decodeUtf8(bytes), decodeUtf8(bytes));
      },
    ),
    runs,
  );
});

test("UTF-8: any bytes decode the same or are left to portable code, which refuses them", () => {
  const bytes = encodeUtf8(`\ufeffä€😀${"a".repeat(60)}`);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, value) => {
      const changed = bytes.slice();
      changed[at] = value;
      assert.is(
        hostCodecs.decodeUtf8(changed),
        accepted(() => decodeUtf8(changed)),
      );
    }),
    runs,
  );
});

test("one text for the same bytes: no other bits behind the last one, no other alphabet", () => {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
  for (const length of [45, 46, 47]) {
    const text = Buffer.alloc(length, 0xfb).toString("base64");
    const at = text.replaceAll("=", "").length - 1;
    for (const digit of digits)
      for (const place of [0, at]) {
        const given = `${text.slice(0, place)}${digit}${text.slice(place + 1)}`;
        const bytes = hostCodecs.decodeBase64(given);
        assert.ok(bytes === undefined || Buffer.from(bytes).toString("base64") === given, given);
        if (Buffer.from(given, "base64").toString("base64") === given) assert.ok(bytes !== undefined, given);
      }
  }
});

test("bytes are equal in neither order where one differs", () => {
  const [less, more] = [new Uint8Array(64), new Uint8Array(64).fill(1, 63)];
  assert.is(hostCodecs.equalBytes(less, Uint8Array.from(less)), true);
  assert.is(hostCodecs.equalBytes(less, more), false);
  assert.is(hostCodecs.equalBytes(more, less), false);
});

test.run();
