import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isKind } from "../../../core/patterns/character-kind.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("core/patterns/character-kind");

test("letters, digits and what a screen does not show", () => {
  for (const [kind, yes, no] of [
    ["word", ["a", "_", "7", "é", "字", "٣", "\u{10d70}"], ["-", " ", "\u0301", "☃", "\u200b"]],
    ["digit", ["0", "٣", "\u{1d7ff}"], ["a", "½", "Ⅷ"]],
    [
      "hidden",
      ["\n", "\0", "\x7f", "\x9b", "\u200b", "\u2028", "\u0378", "\ud800", "\u{10ffff}", "\u3164", "\ufe0f", "\u2800"],
      [" ", "a", "é", "☃", "\u{1f512}", "\u0301"],
    ],
  ] as const) {
    for (const character of yes)
      assert.ok(isKind(kind, character), `${kind} ${character.codePointAt(0)?.toString(16)}`);
    for (const character of no)
      assert.not(isKind(kind, character), `${kind} ${character.codePointAt(0)?.toString(16)}`);
  }
});

if (process.versions.unicode === "17.0")
  test("of every code point, as this host has it, whose Unicode is the same", () => {
    const own = {
      word: /^[\p{L}\p{Nd}_]$/u,
      digit: /^\p{Nd}$/u,
      hidden: /^[\p{C}\p{DI}\u2028\u2029\u2800]$/u,
    } as const;
    for (let point = 0; point < 0x110000; point++) {
      const character = String.fromCodePoint(point);
      for (const kind of ["word", "digit", "hidden"] as const)
        if (isKind(kind, character) !== own[kind].test(character)) assert.unreachable(`${kind} ${point.toString(16)}`);
    }
  });
else skipped("core/patterns/character-kind", 1, `this host has Unicode ${process.versions.unicode}, not 17.0`);

test.run();
