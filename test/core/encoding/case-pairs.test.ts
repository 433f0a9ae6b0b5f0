import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pairedLower, pairedUpper } from "../../../core/encoding/case-pairs.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("core/encoding/case-pairs");

const changed = (point: number, change: (text: string) => string): number => {
  const [one = "", ...others] = change(String.fromCodePoint(point));
  return others.length > 0 ? point : (one.codePointAt(0) ?? point);
};
const upper = (point: number): number => changed(point, (text) => text.toUpperCase());
const lower = (point: number): number => changed(point, (text) => text.toLowerCase());

test("letters and capitals are each other's, one code point each", () => {
  let pairs = 0;
  for (let point = 0; point < 0x110000; point++) {
    const capital = pairedUpper(point);
    if (capital !== point) {
      pairs += 1;
      assert.is(pairedLower(capital), point);
      assert.is(pairedLower(point), point);
    }
  }
  assert.is(pairs, 26 + 1425);
  for (const [letter, capital] of ["éÉ", "яЯ", "ꭰᎠ", "𐐨𐐀", "ა\u1c90", "\u{10d70}\u{10d50}"].map((text) => [...text]))
    assert.is(String.fromCodePoint(pairedUpper(letter?.codePointAt(0) ?? 0)), capital);
  for (const alone of ["ß", "ſ", "\u212a", "ǅ", "İ", "ı", "ς", "ᾀ"])
    assert.is(pairedUpper(alone.codePointAt(0) ?? 0), alone.codePointAt(0));
});

if (process.versions.unicode === "17.0")
  test("as this host has it, whose Unicode is the same", () => {
    for (let point = 0; point < 0x110000; point++) {
      const [up, low] = [upper(point), lower(point)];
      assert.is(pairedUpper(point), lower(up) === point ? up : point, point.toString(16));
      assert.is(pairedLower(point), upper(low) === point ? low : point, point.toString(16));
    }
  });
else skipped("core/encoding/case-pairs", 1, `this host has Unicode ${process.versions.unicode}, not 17.0`);

test.run();
