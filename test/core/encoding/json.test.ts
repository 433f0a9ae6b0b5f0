import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type JsonObject, parseIntegerJson, parseJson } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
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

test("objects have no prototype", () => {
  const object = parseJson('{"__proto__":{"x":1},"a":{}}', { limits: defaultLimits }) as JsonObject;
  assert.equal(Object.keys(object), ["__proto__", "a"]);
  assert.is(Object.getPrototypeOf(object), null);
  assert.is((object.a as JsonObject).toString, undefined);
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
