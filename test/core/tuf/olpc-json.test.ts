import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseIntegerJson } from "../../../core/encoding/json.ts";
import { encodeOlpcJson } from "../../../core/tuf/olpc-json.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/olpc-json");
const canonical = (text: string): string => encodeOlpcJson(parseIntegerJson(text, { limits: defaultLimits }));

test("keys are sorted, white space is gone, integers stay as they are", () => {
  assert.is(
    canonical(' { "b" : [ 1, -2, true, null ], "a" : { "B": {}, "A": [] } } '),
    '{"a":{"A":[],"B":{}},"b":[1,-2,true,null]}',
  );
  assert.is(canonical("18446744073709551617"), "18446744073709551617");
});

test("strings stand raw but for two characters; the line feeds of a PEM text are bytes", () => {
  assert.is(canonical('"-----BEGIN\\nQ\\tT\\u0001\\/é\\u00e9"'), '"-----BEGIN\nQ\tT\u0001/éé"');
  assert.is(canonical('"a\\"b\\\\c"'), '"a\\"b\\\\c"');
});

test("keys sort by code point, as bytes of UTF-8 do, and not by JavaScript's units", () => {
  assert.is(canonical('{"\ud83d\ude00":1,"\uff5e":2,"z":3}'), '{"z":3,"\uff5e":2,"\ud83d\ude00":1}');
});

test.run();
