import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readBlockScalar } from "../../../../core/kyverno/policy/yaml-block-scalar.ts";
import { Cursor } from "../../../../core/kyverno/policy/yaml-cursor.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-block-scalar");

/** The text of the block, and what stands behind it. */
function read(text: string, parentIndent = 0): readonly [text: string, rest: string] {
  const cursor = new Cursor(text, 0, text.length, 10);
  const scalar = readBlockScalar(cursor, parentIndent);
  return [scalar.text, text.slice(cursor.at)];
}

test("literal: lines as they are, one line end last, none with -, all with +", () => {
  const text = "\n  a\n   b\n\n  # c\n\n\nd: e\n";
  assert.equal(read(`|${text}`), ["a\n b\n\n# c\n", "d: e\n"]);
  assert.equal(read(`|-${text}`), ["a\n b\n\n# c", "d: e\n"]);
  assert.equal(read(`|+${text}`), ["a\n b\n\n# c\n\n\n", "d: e\n"]);
  assert.equal(read("| # c\n\n  a\n"), ["\na\n", ""]);
  assert.equal(read("|\r\n  a\r\n  b\r\n"), ["a\nb\n", ""]);
});

test("folded: lines are joined, more indented ones are not", () => {
  assert.equal(read(">\n  a\n  b\n\n  c\n   d\n  e\n")[0], "a b\nc\n d\ne\n");
  assert.equal(read(">-\n  a\n\n\n  b\n")[0], "a\n\nb");
});

test("an indentation that is written counts from the parent", () => {
  assert.equal(read("|2\n    a\n  b\n")[0], "  a\nb\n");
  assert.equal(read("|-1\n  a\n")[0], " a");
  assert.equal(read("|2-\n    a\n", 2)[0], "a");
});

test("without text", () => {
  assert.equal(read("|\nb: c\n"), ["", "b: c\n"]);
  assert.equal(read("|+\n\n\nb: c\n"), ["\n\n", "b: c\n"]);
});

test("what is no header, tabs that indent and wide empty lines are refused", () => {
  for (const text of ["|x\n", "|0\n", "|--\n", "|10\n", "|#c\n", "| a\n", "|\n\ta\n", "|\n    \n  a\n", "|2\n \ta\n"])
    throwsCode("malformed", () => read(text));
});

test.run();
