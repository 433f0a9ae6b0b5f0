import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tokenize } from "../../../core/jmespath/lexer.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/jmespath/lexer");

const signs = (expression: string): readonly string[] =>
  tokenize(expression, defaultLimits).map((token) =>
    token.type === "literal" ? JSON.stringify(token.value) : token.text,
  );

test("tokens of every kind", () => {
  assert.equal(signs("a.b[0]||c[?x=='y'][] | {z: @} "), [
    "a",
    ".",
    "b",
    "[",
    "0",
    "]",
    "||",
    "c",
    "[?",
    "x",
    "==",
    '"y"',
    "]",
    "[]",
    "|",
    "{",
    "z",
    ":",
    "@",
    "}",
  ]);
  assert.equal(signs('"a\\u0041" `{"a": 1, "a": 2}` &b&&!c!=-12'), [
    "aA",
    '{"a":2}',
    "&",
    "b",
    "&&",
    "!",
    "c",
    "!=",
    "-12",
  ]);
});

test("literals as Go reads them", () => {
  assert.equal(signs("'a\\'b\\\\c'"), [JSON.stringify("a'b\\\\c")]);
  assert.equal(signs('`"a\\`b"`'), ['"a`b"']);
  assert.equal(signs('`"\\ud83d"`'), ['"\ufffd"']);
  for (const expression of ["`", "``", "`01`", "`{a:1}`", "`foo`", "'a", "'a\\'", '"a', '"\\x41"', '"a\\e"'])
    throwsCode("malformed", () => signs(expression));
});

test("what later dialects have is no token here", () => {
  for (const expression of [
    "1 + 1",
    "a%b",
    "a / b",
    "$",
    "$x",
    "a ? b : c",
    "a = b",
    "é",
    "a#b",
    "~a",
    "a\u00a0",
    "nums[99999999999999999999]",
  ])
    throwsCode("malformed", () => signs(expression));
  assert.equal(signs("nums[9223372036854775807]").length, 4);
});

test("lists need commas and elements", () => {
  for (const expression of ["[a b]", "[ ]", "a.[ ]", "[a, b c]", "['x' `1`]"])
    throwsCode("malformed", () => signs(expression));
  assert.equal(signs("f(a b)").length, 5);
});

test("length and depth are bounded before anything recurses", () => {
  throwsCode("over-limit", () => signs("a".repeat(70_000)));
  for (const part of ["!", "(", "[*]", "[]", "& ", ".*", "[0]", "{a:", "[?", "==a", "f("])
    throwsCode("over-limit", () => signs(`a${part.repeat(200)}`));
  assert.equal(signs(`a${" || !b[*] == c".repeat(500)}`).length, 4001);
  assert.equal(signs(`a${".b".repeat(5000)}`).length, 10_001);
});

test.run();
