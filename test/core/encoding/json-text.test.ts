import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseJson } from "../../../core/encoding/json.ts";
import { encodeJsonText, withoutLoneEscapes, withWellFormedTexts } from "../../../core/encoding/json-text.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/encoding/json-text");

test("a value reads as the same value again, in the order of its members and with the sign of a zero", () => {
  for (const text of [
    '{"b":[-0,0,1e+21,5e-324,"\\u0000\\"é🔒",null,true,{}],"a":{"__proto__":{"x":[]},"10":-0},"":[[]]}',
    "-0",
    '"text"',
    "null",
    "[]",
  ]) {
    const value = parseJson(text, { limits: defaultLimits });
    assert.equal(parseJson(encodeJsonText(value), { limits: defaultLimits }), value);
  }
  assert.is(encodeJsonText({ b: -0, a: undefined, c: [0, -0.0, { d: "x" }] }), '{"b":-0,"c":[0,-0,{"d":"x"}]}');
  assert.is(encodeJsonText(JSON.parse('{"__proto__":{"a":-0.0}}')), '{"__proto__":{"a":-0}}');
});

test("halves of surrogate pairs are replaced, whole ones and all else stay", () => {
  assert.equal(withWellFormedTexts({ a: ["x\ud83d", "\udd12🔒", 1, null], b: { c: "é" } }), {
    a: ["x\ufffd", "\ufffd🔒", 1, null],
    b: { c: "é" },
  });
});

test("a number that reads as another value has no text", () => {
  throwsCode("malformed", () => encodeJsonText(JSON.parse('{"a":[1e999]}')));
});

test("escapes of halves of surrogate pairs are replaced, whatever stands before them; all else stays as it was", () => {
  for (const [given, read] of [
    ['"\\ud800"', "\ufffd"],
    ['"\\uDC00x\\uD83d"', "\ufffdx\ufffd"],
    ['"\\ud83d\\ud83d\\udd12"', "\ufffd🔒"],
    ['"\\uD83D\\uDD12\\ud83dn"', "🔒\ufffdn"],
    ['"\\udb40\\uDC01\\uDB40"', "\u{e0001}\ufffd"],
    ['"\\\\ud800"', "\\ud800"],
    ['"\\\\\\ud800"', "\\\ufffd"],
    ['"\\ud83d\\n\\udd12"', "\ufffd\n\ufffd"],
    ['"\\u0041\\ue000\\uffff"', "A\ue000\uffff"],
  ] as const)
    assert.is(JSON.parse(withoutLoneEscapes(given)), read, given);
  assert.equal(JSON.parse(withoutLoneEscapes('{"a\\udc00":"\\udc00"}')), { "a\ufffd": "\ufffd" });
  const plain = '{"a":"\\"\\u00e9🔒"}';
  assert.is(withoutLoneEscapes(plain), plain);
});

test.run();
