import { suite } from "uvu";
import * as assert from "uvu/assert";
import { escapeHiddenJson } from "../../../core/encoding/hidden-signs.ts";
import { harmless, markdownCell, visible, visibleLine, visibleLines } from "../../../cli/render/escape.ts";
import { hiddenSigns, hostileTexts } from "../hostile-texts.ts";

const test = suite("cli/render/escape");

test("control, format and direction characters are shown, whatever the text", () => {
  for (const text of hostileTexts) {
    assert.not.match(visible(text), /\n/);
    for (const shown of [visible(text), visibleLine(text), visibleLines(text), visible(harmless(text, false))])
      assert.not.match(shown, hiddenSigns, JSON.stringify(text));
  }
  assert.is(visible("a\u001b[31mb\u202ec\nd\u009b"), "a\\u{1b}[31mb\\u{202e}c\\u{a}d\\u{9b}");
  assert.is(
    visible("::error ##[error] ##vso[a] [::1]:443 a##b x::y"),
    ["\\u{3a}:error \\u{23}#[error] \\u{23}#vso[a] [::1]:443 a##b x::y"][0],
  );
  assert.is(visibleLine(" a \n\t b "), "a b");
  assert.is(visibleLines("a\r\nb\nc\rd"), "a\n    b\n    c\\u{d}d");
});

test("the last net keeps line ends, tabs and this program's colours, and colours only where there are some", () => {
  const coloured = "\u001b[32mok\u001b[39m\tx\n";
  assert.is(harmless(coloured, true), coloured);
  assert.is(harmless("\u001b[32mok\u001b[39m", false), "\\u{1b}[32mok\\u{1b}[39m");
  assert.is(harmless("\u001b]8;;https://evil\u0007x\u001b[2J", true), "\\u{1b}]8;;https://evil\\u{7}x\\u{1b}[2J");
});

test("JSON means the same", () => {
  for (const text of hostileTexts) {
    const json = escapeHiddenJson(JSON.stringify({ [text]: text }, null, 2));
    assert.not.match(json, hiddenSigns);
    assert.equal(JSON.parse(json), { [text]: text });
  }
  assert.is(escapeHiddenJson('"\u{e0001}"'), '"\\udb40\\udc01"');
});

test("a cell of Markdown is text", () => {
  assert.is(markdownCell("a|b\n<c>"), "a\\|b \\<c\\>");
  assert.is(
    markdownCell("[x](https://evil) ![y](z) `c` **d** www.evil.example"),
    ["\\[x\\](https:\\//evil) !\\[y\\](z) \\`c\\` \\*\\*d\\*\\* www\\.evil.example"][0],
  );
});

test.run();
