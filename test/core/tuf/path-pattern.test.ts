import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matchPath } from "../../../core/tuf/path-pattern.ts";

const test = suite("core/tuf/path-pattern");

test("segment by segment", () => {
  for (const [pattern, path, expected] of [
    ["*", "a", true],
    ["*", "", true],
    ["*", "a/b", false],
    ["a/*", "a/b", true],
    ["a/*", "a/b/c", false],
    ["a/*", "a", false],
    ["*/*", "a/b", true],
    ["targets/*.tgz", "targets/foo.tgz", true],
    ["targets/*.tgz", "targets/foo.txt", false],
    ["foo-version-?.tgz", "foo-version-2.tgz", true],
    ["foo-version-?.tgz", "foo-version-.tgz", false],
    ["foo-version-?.tgz", "foo-version-alpha.tgz", false],
    ["*.tgz", "targets/foo.tgz", false],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXbYbZ", false],
    ["[a-c]x", "bx", true],
    ["[a-c]x", "dx", false],
    ["[!a-c]x", "dx", true],
    ["[!a-c]x", "ax", false],
    ["[]]", "]", true],
    ["[x", "[x", true],
    ["?", "\u{1f600}", true],
    ["a.c", "abc", false],
    ["registry.npmjs.org/*", "registry.npmjs.org/keys.json", true],
  ] as const)
    assert.is(matchPath(pattern, path), expected, `${pattern} ${path}`);
});

test("patterns made for it take no longer than their size", () => {
  assert.not.ok(matchPath(`${"*a".repeat(2000)}b`, "a".repeat(4000)));
});

test.run();
