import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeFlat, encodeText, parseFlat } from "../../../core/archive/canonical-line.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/canonical-line");

test("members are sorted, and those that are undefined are left out", () => {
  assert.is(encodeFlat({ b: 1, a: "x\n", c: undefined, d: true }), '{"a":"x\\n","b":1,"d":true}');
  assert.equal(parseFlat('{"a":"x\\n","b":1,"d":true}'), { a: "x\n", b: 1, d: true });
});

test("a text is spelled as JSON.stringify spells it, whatever is in it", () => {
  const units = Array.from({ length: 0x100 }, (_, unit) => String.fromCharCode(unit));
  for (const sign of [...units, "\u2028", "\ud800", "\udfff", "😀"])
    for (const text of [sign, `a${sign}`, `${sign}b`]) assert.is(encodeText(text), JSON.stringify(text));
});

test("any other spelling is refused", () => {
  const refused = [
    "",
    "x",
    "[]",
    "null",
    '{"a":1',
    '{"a":1} ',
    '{ "a":1}',
    '{"b":1,"a":1}',
    '{"a":1,"a":1}',
    '{"a":1.0}',
    '{"a":1e3}',
    '{"a":-1}',
    '{"a":-0}',
    '{"a":1.5}',
    '{"a":9007199254740993}',
    '{"a":"\\u0041"}',
    '{"a":"\\/"}',
    '{"a":"\\ud800"}',
    '{"a":null}',
    '{"a":false}',
    '{"a":[]}',
    '{"a":{}}',
    "[".repeat(100_000),
    '{"__proto__":{}}',
  ];
  for (const line of refused) throwsCode("malformed", () => parseFlat(line));
});

test.run();
