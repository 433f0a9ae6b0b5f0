import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { containsWildcard, matchWildcard } from "../../../core/patterns/wildcard.ts";
import { throwsCode } from "../../support/assert.ts";
import { readGolden, skipped } from "../../support/vectors.ts";
import { defaultLimits } from "../../../core/limits.ts";

const name = "core/patterns/wildcard";
const test = suite(name);

test("a star is any run, slashes and nothing included; a question mark is one character", () => {
  for (const [pattern, text, matched] of [
    ["", "", true],
    ["", "a", false],
    ["*", "", true],
    ["*", "a/b", true],
    ["**", "x/y", true],
    ["a*", "a", true],
    ["a*", "ba", false],
    ["*a", "ba", true],
    ["a*b*c", "a--b--c", true],
    ["a*b*c", "a--c--b", false],
    ["*a*a*a", "aaaa", true],
    ["aba*aba", "aba", false],
    ["a*a", "a", false],
    ["ghcr.io/*/app:*", "ghcr.io/a/b/app:1", true],
    ["ghcr.io/org/app:*", "ghcr.io/org/app@sha256:00", false],
    ["?", "", false],
    ["?", "日", true],
    ["?", "😀", true],
    ["??", "😀", false],
    ["*?", "😀", true],
    ["?*?", "a", false],
    ["a?c", "a\nc", true],
    ["?at", "at", false],
    ["[ab]", "a", false],
    ["\\*", "*", false],
    ["KAURI", "kauri", false],
    ["nginx*", "docker.io/nginx:latest", false],
  ] as const) {
    assert.is(matchWildcard(pattern, text, defaultLimits), matched, `${pattern} ~ ${text}`);
  }
  assert.ok(containsWildcard("a*") && containsWildcard("?") && !containsWildcard("a.b"));
});

/** The definition, by recursion; for short texts. */
function reference(pattern: readonly string[], text: readonly string[]): boolean {
  const [wanted, ...rest] = pattern;
  if (wanted === undefined) return text.length === 0;
  if (wanted === "*") return reference(rest, text) || (text.length > 0 && reference(pattern, text.slice(1)));
  return text.length > 0 && (wanted === "?" || wanted === text[0]) && reference(rest, text.slice(1));
}

test("agrees with the definition", () => {
  const letters = (all: readonly string[]) => fc.array(fc.constantFrom(...all), { maxLength: 8 });
  fc.assert(
    fc.property(letters(["a", "b", "*", "?", "😀"]), letters(["a", "b", "😀", "/"]), (pattern, text) =>
      assert.is(matchWildcard(pattern.join(""), text.join(""), defaultLimits), reference(pattern, text)),
    ),
    { numRuns: 2000 },
  );
});

test("patterns made to be slow are refused or answered soon", () => {
  throwsCode("over-limit", () => matchWildcard("*".repeat(20_000), "a", defaultLimits));
  assert.is(matchWildcard("a".repeat(20_000), "a".repeat(20_000), defaultLimits), true);
  assert.is(matchWildcard(`*b${"a".repeat(10_000)}*`, "a".repeat(400_000), defaultLimits), false);
  throwsCode("over-budget", () => matchWildcard(`*${"a".repeat(8000)}?b*`, "a".repeat(100_000), defaultLimits));
});

const golden = readGolden("kyverno/wildcards.jsonl");
if (golden === undefined) skipped(name, 1, "SALLYPORT_GOLDEN is not set");
else {
  const lines = decodeUtf8(golden).trim().split("\n");
  test("golden: wildcards of image references", () => {
    for (const line of lines) {
      const { id, pattern, reference, matched } = JSON.parse(line) as {
        id: string;
        pattern: string;
        reference: string;
        matched: boolean;
      };
      assert.is(matchWildcard(pattern, reference, defaultLimits), matched, id);
    }
  });
}

test.run();
