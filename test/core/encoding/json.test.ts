import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type JsonObject, parseIntegerJson, parseJson } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/encoding/json");

test("agrees with JSON.parse on what both read", () => {
  for (const text of [
    "null",
    "true",
    ' [1, -2.5e3 ,\t"a\\n\\u00e9\\/\\\\\\"" ]\r\n',
    '{"a":{"b":[]},"":0}',
    '"\\ud83d\\ude00😀é"',
    "0",
    "-0.0",
    "1E+2",
    '"\u007f\u2028"',
  ]) {
    assert.equal(JSON.stringify(parseJson(text, { limits: defaultLimits })), JSON.stringify(JSON.parse(text)), text);
    assert.equal(
      JSON.stringify(parseJson(encodeUtf8(text), { limits: defaultLimits })),
      JSON.stringify(JSON.parse(text)),
      text,
    );
  }
});

test("refuses what JSON is not", () => {
  for (const bad of [
    "",
    " ",
    "{",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "'a'",
    "01",
    "1.",
    ".5",
    "+1",
    "NaN",
    "Infinity",
    "1e999",
    "tru",
    "nul",
    '"\t"',
    '"\u0000"',
    '"\\x"',
    '"\\u12g4"',
    '"\\u12"',
    '"abc',
    '"abc\\',
    "[1] 2",
    "// c\n1",
    "\ufeff1",
    "[1;2]",
    '{"a" 1}',
    "{1:2}",
  ]) {
    throwsCode("malformed", () => parseJson(bad, { limits: defaultLimits }));
  }
});

test("lone surrogates, written out or escaped", () => {
  for (const bad of [
    '"\ud800"',
    '"\udc00"',
    '"\\ud800"',
    '"\\udc00x"',
    '"\\ud83dx\\ude00"',
    '"\ude00\ud83d"',
    '{"\\ud800":1}',
  ])
    throwsCode("malformed", () => parseJson(bad, { limits: defaultLimits }));
  assert.is(parseJson('"\\ud83d\ude00"', { limits: defaultLimits }), "😀");
  for (const form of [(text: string) => text, encodeUtf8])
    assert.equal(
      { ...(parseJson(form('{"😀":["— 😀"]}'), { limits: defaultLimits }) as JsonObject) },
      { "😀": ["— 😀"] },
    );
  throwsCode("malformed", () => parseJson(Uint8Array.of(34, 0xed, 0xa0, 0x80, 34), { limits: defaultLimits }));
});

test("repeated keys are refused, or the last one wins in value and order", () => {
  throwsCode("malformed", () => parseJson('{"a":1,"b":2,"a":3}', { limits: defaultLimits }));
  throwsCode("malformed", () => parseJson('{"a":1,"\\u0061":3}', { limits: defaultLimits }));
  assert.equal(
    Object.entries(
      parseJson('{"a":1,"b":2,"a":3}', { duplicateKeys: "last-wins", limits: defaultLimits }) as JsonObject,
    ),
    [
      ["b", 2],
      ["a", 3],
    ],
  );
});

test("numbers: exact integers, integers only", () => {
  assert.is(parseJson("9007199254740991", { exactIntegers: true, limits: defaultLimits }), 9007199254740991);
  throwsCode("malformed", () => parseJson("9007199254740992", { exactIntegers: true, limits: defaultLimits }));
  assert.is(parseJson("-17", { integersOnly: true, limits: defaultLimits }), -17);
  for (const bad of ["1.0", "1e3", "1E3", "-0", "0.5"])
    throwsCode("malformed", () => parseJson(bad, { integersOnly: true, limits: defaultLimits }));
});

test("integers as they are written, of any size within the bound", () => {
  assert.equal(parseIntegerJson("[0, -7, 9007199254740993, 18446744073709551616]", { limits: defaultLimits }), [
    0n,
    -7n,
    9007199254740993n,
    18446744073709551616n,
  ]);
  assert.is(parseIntegerJson('{"a":{"b":12}}', { limits: defaultLimits }) instanceof Object, false);
  for (const text of ["1.0", "1e2", "-0", "01", "1.", "--1", "NaN"])
    throwsCode("malformed", () => parseIntegerJson(text, { limits: defaultLimits }));
  throwsCode("over-limit", () => parseIntegerJson("1".repeat(21), { limits: defaultLimits }));
  throwsCode("over-limit", () => parseIntegerJson("[1]", { maxBytes: 2, limits: defaultLimits }));
  throwsCode("malformed", () => parseIntegerJson('{"a":1,"a":1}', { limits: defaultLimits }));
});

/** The value as JSON.parse has it, or `undefined` where the text is refused. */
function accepted(text: string): unknown {
  try {
    return JSON.parse(JSON.stringify(parseJson(text, { limits: defaultLimits })));
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

test("a key that is there twice is found, however it is written and wherever it stands", () => {
  for (const text of [
    '{"a":1,"a":1}',
    '[{"b":{"c":[{"a":{"d":1},"a":2}]}}]',
    '{"a":{"x":1,"y":2},"b":0,"a":{"x":1,"y":2}}',
    '{"a/b":1,"a\\/b":1}',
    '{"a\\\\":1,"a\\\\":1}',
    '{"":1,"":":"}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":1.5,"a":1}',
  ]) {
    JSON.parse(text);
    throwsCode("malformed", () => parseJson(text, { limits: defaultLimits }));
  }
});

test("text by text: nothing is accepted that JSON.parse refuses, and nothing is read otherwise", () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const runs = { numRuns: 1000, seed: 1 };
  fc.assert(
    fc.property(value, (given) => {
      const text = JSON.stringify(given);
      const expected: unknown = JSON.parse(text);
      if (/[\ud800-\udfff]/.test(text) || text.includes("\\u")) return;
      assert.equal(accepted(text), expected, text);
      assert.equal(accepted(JSON.stringify(given, null, 1)), expected, text);
    }),
    runs,
  );
  const units = [...'{}[]",:\\/ntu0159-+.eE \n\t\u0000\u00e9'];
  fc.assert(
    fc.property(value, fc.nat(), fc.constantFrom(...units), fc.boolean(), (given, place, unit, inserts) => {
      const whole = JSON.stringify({ a: given, b: [1, { c: "x\\y" }] });
      const at = place % (whole.length + 1);
      const text = whole.slice(0, at) + unit + whole.slice(inserts ? at : at + 1);
      const found = accepted(text);
      if (found !== undefined) assert.equal(found, JSON.parse(text), text);
    }),
    runs,
  );
});

test("objects have no prototype", () => {
  const object = parseJson('{"__proto__":{"x":1},"a":{}}', { limits: defaultLimits }) as JsonObject;
  assert.equal(Object.keys(object), ["__proto__", "a"]);
  assert.is(Object.getPrototypeOf(object), null);
  assert.is((object.a as JsonObject).toString, undefined);
  for (const text of ['[{"a":[{}]}]', '[{"a":[{}],"n":-1}]']) {
    const [outer] = parseJson(text, { limits: defaultLimits }) as readonly [{ readonly a: readonly [JsonObject] }];
    assert.is(Object.getPrototypeOf(outer), null);
    assert.is(Object.getPrototypeOf(outer.a[0]), null);
  }
});

test("depth and size are bounded", () => {
  parseJson("[".repeat(100) + "]".repeat(100), { limits: defaultLimits });
  throwsCode("over-limit", () => parseJson("[".repeat(101) + "]".repeat(101), { limits: defaultLimits }));
  throwsCode("over-limit", () => parseJson('{"a":'.repeat(200_000), { limits: defaultLimits }));
  throwsCode("over-limit", () => parseJson("[1,2,3]", { maxBytes: 6, limits: defaultLimits }));
  throwsCode("over-limit", () => parseJson(encodeUtf8("[1,2,3]"), { maxBytes: 6, limits: defaultLimits }));
});

test("errors name the document", () => {
  assert.is(
    throwsCode("malformed", () => parseJson("{", { subject: "bundle", limits: defaultLimits })).subject,
    "bundle",
  );
});

test.run();
