import { suite } from "uvu";
import * as assert from "uvu/assert";
import { measurePattern } from "../../../core/patterns/pattern-size.ts";
import { compileRe2 } from "../../../core/patterns/re2.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/patterns/pattern-size");

test("repetitions count as often as they repeat", () => {
  const size = (pattern: string): number => measurePattern(pattern).instructions;
  assert.is(size("abc"), 3);
  assert.ok(size("a{100}") >= 100);
  assert.ok(size("(ab){10}") >= 20);
  assert.ok(size("((a{10}){10}){10}") >= 1000);
  assert.ok(size("(a|b){2,50}c") >= 100);
  assert.ok(size("a{3,}") >= 3);
  assert.ok(size("[a-z]{5}") < 20);
  assert.ok(size("\\Qabcdef\\E") >= 6);
  assert.is(size("a{,2}"), 5);
  assert.is(size("[{5}]"), 1);
  assert.is(size("\\{5"), 2);
});

test("what is small enough here is small when compiled", () => {
  for (const pattern of [
    "^(?:ghcr\\.io|quay\\.io)/",
    "[[:alpha:]]{3,9}",
    "(a?){20}(b|c+){3,7}",
    "\\pL+\\s*[^]x-z]{4}",
  ]) {
    const { instructions } = measurePattern(pattern);
    assert.ok(instructions < 10 * pattern.length * 20);
    assert.type(compileRe2(pattern, defaultLimits).test("x"), "boolean");
  }
});

test("names of groups, classes and escapes apart", () => {
  assert.equal(measurePattern("(?P<a>x)(?<b>y)(?:z)[(?P<c>]\\(?P<d>").names, [
    { name: "a", at: 4 },
    { name: "b", at: 11 },
  ]);
});

test.run();
