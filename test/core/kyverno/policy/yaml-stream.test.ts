import { suite } from "uvu";
import * as assert from "uvu/assert";
import { documentRanges, requireEqualLines } from "../../../../core/kyverno/policy/yaml-stream.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-stream");
const parts = (text: string): readonly string[] =>
  documentRanges(text).map(({ start, end, isIgnored }) => `${isIgnored ? "ignored " : ""}${text.slice(start, end)}`);

test("markers tell documents apart", () => {
  assert.equal(parts("a\n--- # x\nb\n---\n"), ["a\n", "\nb\n", "\n"]);
  assert.equal(parts("\ufeff---\na\n"), ["", "\na\n"]);
  assert.equal(parts("a\n...\nb\n---\t\nc\n"), ["a\n", "ignored \nb\n", "\nc\n"]);
  assert.equal(parts("a\r\n---\r\nb"), ["a\r\n", "\r\nb"]);
  assert.equal(parts(" ---\n"), [" ---\n"]);
});

test("lines that begin as a marker and are none are refused", () => {
  for (const text of ["--- a", "---a", "---#a", "-----BEGIN", "a\n--- |\nb", "... a", "...a", "---\u00a0"])
    throwsCode("malformed", () => documentRanges(text));
});

test("characters that end lines for some readers only, and those that YAML does not have", () => {
  for (const text of [
    "a\rb",
    "a\u0085",
    "\u2028",
    "\u2029",
    "a\ufeff",
    "\ufeff\ufeff",
    "\0",
    "\u0007",
    "\u007f",
    "\ud800",
    "\uffff",
  ])
    throwsCode("malformed", () => requireEqualLines(text));
  requireEqualLines("\ufeffa\tb\r\né\u{1f600}\u00a0\u3000\n");
});

test.run();
