import { suite } from "uvu";
import * as assert from "uvu/assert";
import { escapeHidden, escapeHiddenJson, hasHidden } from "../../../core/encoding/hidden-signs.ts";
import { isKind } from "../../../core/patterns/character-kind.ts";

const test = suite("core/encoding/hidden-signs");

test("what a screen obeys or does not show is written by its number; the rest stays", () => {
  for (const sign of ["\n", "\u001b", "\u202e", "\u2028", "\u3164", "\ufe0f", "\u2800", "\ud800", "\u{e0100}"]) {
    assert.ok(hasHidden(`a${sign}`));
    assert.ok(isKind("hidden", sign));
    assert.is(escapeHidden(`a${sign}b`), `a\\u{${sign.codePointAt(0)?.toString(16)}}b`);
  }
  for (const text of ["", "plain ~", "é字☃\u{1f512}", "a\u0301"]) {
    assert.not(hasHidden(text));
    assert.is(escapeHidden(text), text);
  }
});

test("JSON means the same, on the same lines", () => {
  const value = { "a\u3164": "\u202eb\u{e0100}", c: "é" };
  const json = escapeHiddenJson(`${JSON.stringify(value, undefined, 2)}\n`);
  assert.equal(JSON.parse(json), value);
  assert.not(hasHidden(json.replaceAll("\n", "")));
  assert.is(json.split("\n").length, 5);
  assert.match(json, "\\u3164");
});

test.run();
