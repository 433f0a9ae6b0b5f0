import { suite } from "uvu";
import * as assert from "uvu/assert";
import { equalFold, toLower, toUpper } from "../../../../core/kyverno/functions/letter-case.ts";

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

test.run();
