import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cursor } from "../../../../core/kyverno/policy/yaml-cursor.ts";
import { readQuoted } from "../../../../core/kyverno/policy/yaml-quoted.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-quoted");
const read = (text: string, parentIndent = 0): string =>
  readQuoted(new Cursor(text, 0, text.length, 10), parentIndent).text;

test("single quotes: a quote is doubled, a backslash is one", () => {
  assert.is(read("'it''s \\n'"), "it's \\n");
  assert.is(read("''"), "");
});

test("double quotes: every escape that all readers have", () => {
  assert.is(read('"\\0\\a\\b\\t\\n\\v\\f\\r\\e\\ \\"\\/\\\\"'), '\0\x07\b\t\n\v\f\r\x1b "/\\');
  assert.is(read('"\\N\\_\\L\\P"'), "\u0085\u00a0\u2028\u2029");
  assert.is(read('"\\x41\\u00e9\\U0001F600\\ud83d\\ude00"'), "A\u00e9\u{1f600}\u{1f600}");
});

test("lines are joined by a space, an empty line is a line end, a backslash joins without", () => {
  assert.is(read("'a  \n   b\t\n\n  c\n'".replace(/\n'$/, "\n '")), "a b\nc ");
  assert.is(read('"a \\\r\n  b"'), "a b");
  assert.is(read('"\n  a"'), " a");
  assert.is(read("'a \t b'"), "a \t b");
});

test("what is no escape, has no end, or is read differently is refused", () => {
  for (const text of ['"\\q"', '"\\x4"', '"\\u12"', '"\\U00110000"', '"\\ud800"', '"a', "'a''", '"a\\', '"\\\t"'])
    throwsCode("malformed", () => read(text));
  throwsCode("malformed", () => read('"a\\\n\n  b"'));
  throwsCode("malformed", () => read("'a\nb'"));
  assert.is(read("'a\nb'", -1), "a b");
});

test.run();
