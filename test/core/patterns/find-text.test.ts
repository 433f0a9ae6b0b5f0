import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findText, splitText } from "../../../core/patterns/find-text.ts";

const test = suite("core/patterns/find-text");

/** Texts of two characters, in which parts repeat. */
const texts = (maxLength: number) =>
  fc.array(fc.constantFrom("a", "b"), { maxLength }).map((characters) => characters.join(""));

test("finds what the engine's own search finds, from any place", () => {
  fc.assert(
    fc.property(texts(40), texts(12), fc.nat(50), (text, part, from) => {
      const padded = text.repeat(200);
      assert.is(findText(padded, part, from), padded.indexOf(part, from));
      assert.is(findText(text, part), text.indexOf(part));
    }),
  );
});

test("splits as the engine does", () => {
  fc.assert(
    fc.property(texts(60), texts(12), (text, part) => {
      fc.pre(part !== "");
      assert.equal(splitText(text.repeat(50), part), text.repeat(50).split(part));
    }),
  );
});

test("a part that is longer than the text, and a text that is made to defeat a search", () => {
  assert.is(findText("ab", "abc"), -1);
  const half = "a".repeat(50_000);
  assert.is(findText(half + half, `${half}b${half}`), -1);
  assert.is(findText(`${half}b${half}`, `b${half}`), half.length);
});

test.run();
