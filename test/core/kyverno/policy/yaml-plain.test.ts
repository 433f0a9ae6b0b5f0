import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cursor } from "../../../../core/kyverno/policy/yaml-cursor.ts";
import { beginsPlain, readPlainLine, readPlainRest } from "../../../../core/kyverno/policy/yaml-plain.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-plain");

/** The scalar, and what stands behind it. */
function read(text: string, inFlow = false, parentIndent = 0): readonly [scalar: string, rest: string] {
  const cursor = new Cursor(text, 0, text.length, 10);
  const scalar = readPlainRest(cursor, readPlainLine(cursor, inFlow), 0, inFlow, parentIndent);
  return [scalar.text, text.slice(cursor.at)];
}
const begins = (text: string, inFlow = false): boolean => beginsPlain(new Cursor(text, 0, text.length, 10), inFlow);

test("first characters", () => {
  for (const text of ["a", "1", "-1", "--a", ".5", "/", "~", "=", "<<", "é", "(", "$", "\\"])
    assert.ok(begins(text), text);
  for (const text of [
    "",
    " ",
    "- a",
    "-",
    "? a",
    "?",
    ": a",
    ":",
    ":\t",
    ",",
    "[",
    "]",
    "{",
    "}",
    "#",
    "&",
    "*",
    "!",
    "|",
    ">",
    "'",
  ])
    assert.not.ok(begins(text), text);
  for (const text of ['"', "%", "@", "`"]) assert.not.ok(begins(text), text);
});

test("hyphens, question marks and colons before what is no blank", () => {
  for (const first of ["-", "?", ":"])
    for (const next of ["a", "9443", ":", "?", "-", "#", ",", "[", "]", "{", "}", "'", '"', "*", "&", "|", "%", "é"]) {
      assert.ok(begins(first + next), first + next);
      const inFlow = first === "-" && !",[]{}".includes(next);
      assert.is(begins(first + next, true), inFlow, `[${first}${next}`);
    }
});

test("where one ends", () => {
  assert.equal(read("a: b"), ["a", ": b"]);
  assert.equal(read("a:b #c"), ["a:b", "#c"]);
  assert.equal(read("a#b\t # c"), ["a#b", "# c"]);
  assert.equal(read("a, [b]"), ["a, [b]", ""]);
  assert.equal(read("a b , c", true), ["a b", ", c"]);
  assert.equal(read("a  ]", true), ["a", "]"]);
});

test("lines that are deeper go on, a comment ends it", () => {
  assert.equal(read("a\n b\n\n\n  - c\nd"), ["a b\n\n- c", "\nd"]);
  assert.equal(read("a\n # b\n c"), ["a", "\n # b\n c"]);
  assert.equal(read("a\nb\n]", true), ["a b", "\n]"]);
  assert.equal(read("a\r\n  b\r\n"), ["a b", "\r\n"]);
});

test("tabs that indent, and what readers read differently in flow collections, are refused", () => {
  throwsCode("malformed", () => read("a\n\tb"));
  throwsCode("malformed", () => read("a\n\tb", true));
  assert.equal(read("1\n\t]", true), ["1", "\n\t]"]);
  for (const text of ["a?", "a:,", "a:]"]) throwsCode("malformed", () => read(text, true));
});

test.run();
