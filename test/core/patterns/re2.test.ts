import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compileRe2 } from "../../../core/patterns/re2.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/patterns/re2");

test("which letters are the same is nothing that a host is asked, beyond ASCII", () => {
  const { toUpperCase, toLowerCase } = String.prototype;
  const ofAscii = (own: () => string) =>
    function (this: string): string {
      if (/[^\0-\x7f]/.test(String(this))) throw new Error(`the host was asked for the case of ${this}`);
      return own.call(this);
    };
  const pairs = ["ᾀᾈ", "ᾳᾼ", "ǆǅ", "Ǆǆ", "ßẞ", "θϴ", "Ωω", "kK", "ſs", "Ꭰꭰ", "𐐀𐐨", "ⱥȺ", "Ɀɀ", "Åå", "ﬅﬆ"];
  const patterns = (letter: string) => [letter, `^${letter}$`, `[${letter}]`, `^(?:x|${letter})+$`];
  const matched: boolean[] = [];
  String.prototype.toUpperCase = ofAscii(toUpperCase);
  String.prototype.toLowerCase = ofAscii(toLowerCase);
  try {
    for (const [one = "", other = ""] of pairs.map((pair) => [...pair]))
      for (const [letter, text] of [
        [one, other],
        [other, one],
      ] as const)
        for (const pattern of patterns(letter))
          matched.push(
            compileRe2(`(?i)${pattern}`, defaultLimits).test(text),
            compileRe2(pattern, defaultLimits).test(text),
          );
  } finally {
    Object.assign(String.prototype, { toUpperCase, toLowerCase });
  }
  assert.is(matched.length, pairs.length * 16);
  assert.ok(matched.every((found, index) => found === (index % 2 === 0)));
});

test("matches anywhere, by Go's syntax", () => {
  for (const [pattern, text, matched] of [
    ["b+", "abc", true],
    ["^b", "abc", false],
    ["(?m)^b$", "a\nb\nc", true],
    ["(?i)k", "\u212a", true],
    ["(?<y>\\d{4})", "2031", true],
    ["(?P<n>a)(?P<n>b)", "ab", true],
    ["[\\p{Lu}--A]", "B", true],
    ["\\07", "\u0007", true],
    ["x{,3}", "x{,3}", true],
    ["[]a]", "a]", true],
    ["\\z", "q", true],
    ["\\d", "٣", false],
    ["^.$", "😀", true],
  ] as const) {
    assert.is(compileRe2(pattern, defaultLimits).test(text), matched, pattern);
  }
});

test("what Go refuses is malformed", () => {
  for (const pattern of [
    "[",
    "(",
    ")",
    "a**",
    "(?=a)",
    "(?<=a)b",
    "(?>a)",
    "\\1",
    "\\C",
    "\\G",
    "\\Z",
    "\\u0041",
    "[a-\\d]",
    "[z-a]",
    "[[:nope:]]",
    "x{1001}",
    "(a{100}){11}",
    "\\",
  ]) {
    throwsCode("malformed", () => compileRe2(pattern, defaultLimits));
  }
});

test("templates", () => {
  const swap = compileRe2("(\\w+)@(?P<host>\\w+)", defaultLimits);
  assert.is(swap.replaceAll("joe@kauri", "$2.$1"), "kauri.joe");
  assert.is(swap.replaceAll("joe@kauri", "$2x$1"), "joe");
  assert.is(swap.replaceAll("joe@kauri", "${2}x$host$$ ${nope}$"), "kaurixkauri$ $");
  assert.is(swap.replaceAll("joe@kauri", "$01|${ 1}|\\1"), "|${ 1}|\\1");
  assert.is(swap.replaceAll("joe@kauri", "${host€}|$host€|${é}"), "${host€}|kauri€|");
  assert.is(swap.replaceAllLiteral("joe@kauri", "$2"), "$2");
  assert.is(compileRe2("(?P<n>a)|(?P<n>b)", defaultLimits).replaceAll("abc", "<$n>"), "<a><b>c");
});

test("empty matches", () => {
  assert.is(compileRe2("a*", defaultLimits).replaceAllLiteral("baaac", "-"), "-b-c-");
  assert.is(compileRe2("", defaultLimits).replaceAllLiteral("a😀c", "-"), "-a-😀-c-");
  assert.is(compileRe2("\\b", defaultLimits).replaceAllLiteral("ab cd", "|"), "|ab| |cd|");
  assert.is(compileRe2("x*", defaultLimits).replaceAllLiteral("", "E"), "E");
});

test("size and work are bounded", () => {
  throwsCode("over-limit", () => compileRe2("a".repeat(20_000), defaultLimits));
  throwsCode("over-limit", () => compileRe2(`(${"ab?c*".repeat(200)}){1000}`, defaultLimits));
  throwsCode("malformed", () => compileRe2("(".repeat(5000) + ")".repeat(5000), defaultLimits));
  throwsCode("over-budget", () => compileRe2(`(${"a?".repeat(500)}){10}`, defaultLimits).test("a".repeat(100_000)));
  throwsCode("over-budget", () =>
    compileRe2("", defaultLimits).replaceAllLiteral("a".repeat(20_000), "b".repeat(1000)),
  );
});

test.run();
