import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equalFold, toLower, toUpper } from "../../../../core/kyverno/functions/letter-case.ts";

import { skipped } from "../../../support/vectors.ts";

const test = suite("core/kyverno/functions/letter-case");

test("one code point for one", () => {
  for (const [text, upper] of [
    ["abcXYZ09", "ABCXYZ09"],
    ["straße", "STRAßE"],
    ["ǆ", "Ǆ"],
    ["ᾳᾀ", "ᾼᾈ"],
    ["ﬁŉ", "ﬁŉ"],
    ["éà", "ÉÀ"],
  ] as const) {
    assert.is(toUpper(text), upper);
  }
  assert.is(toLower("İI"), "ii");
  assert.is(toLower("ΣΑΣ"), "σασ");
  assert.is(toLower("Ⅷ"), "ⅷ");
});

test("simple folding", () => {
  for (const [left, right, same] of [
    ["Ghcr.IO", "gHCR.io", true],
    ["\u212a", "k", true],
    ["ſ", "S", true],
    ["ß", "ẞ", true],
    ["İ", "i", false],
    ["straße", "STRASSE", false],
    ["", "", true],
    ["é-é", "É-É", true],
    ["a", "b", false],
    ["a.é", "aXé", false],
    ["ab", "a", false],
  ] as const) {
    assert.is(equalFold(left, right), same, `${left} ${right}`);
  }
});

if (process.versions.unicode === "17.0")
  test("of every code point, as this host has it, whose Unicode is the same", () => {
    const one = (text: string, other: string): string => ([...text].length === 1 ? text : other);
    for (let point = 0x80; point < 0x110000; point++) {
      const character = String.fromCodePoint(point);
      // Of Greek letters with iota below the host has the full mapping only.
      if (/[\u1f80-\u1faf\u1fb3\u1fbc\u1fc3\u1fcc\u1ff3\u1ffc]/.test(character)) continue;
      const [upper, lower] = [character.toUpperCase(), character.toLowerCase()];
      const name = point.toString(16);
      if (toUpper(character) !== one(upper, character)) assert.unreachable(`upper ${name}`);
      if (character !== "İ" && toLower(character) !== one(lower, character)) assert.unreachable(`lower ${name}`);
      if (upper === character && lower === character) continue;
      const folds = new RegExp(`^${character}$`, "iu");
      for (const other of [toUpper(character), toLower(character), toLower(toUpper(character))])
        if (equalFold(character, other) !== folds.test(other)) assert.unreachable(`fold ${name}`);
    }
  });
else skipped("core/kyverno/functions/letter-case", 1, `this host has Unicode ${process.versions.unicode}, not 17.0`);

test("Greek letters with iota below, one code point for one", () => {
  for (const [lower, upper] of ["ᾀᾈ", "ᾧᾯ", "ᾳᾼ", "ῃῌ", "ῳῼ"].map((pair) => [...pair])) {
    assert.is(toUpper(lower ?? ""), upper);
    assert.is(toLower(upper ?? ""), lower);
    assert.ok(equalFold(lower ?? "", upper ?? ""));
    assert.is(toUpper(upper ?? ""), upper);
  }
});

test.run();
