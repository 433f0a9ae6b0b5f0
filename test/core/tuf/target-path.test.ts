import { suite } from "uvu";
import * as assert from "uvu/assert";
import { requireTargetPath, servedTargetPath } from "../../../core/tuf/target-path.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/tuf/target-path");
const sha256 = "a".repeat(64);

test("paths stay below their folder", () => {
  for (const path of ["a", "a/b.c", "..a", "a..", "...", "a b", "%2e%2e"]) requireTargetPath(path, defaultLimits);
  for (const path of [
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "a/../b",
    "./a",
    "../../etc/passwd",
    "a\\b",
    "a\u0000",
    "a\nb",
  ])
    throwsCode("malformed", () => requireTargetPath(path, defaultLimits));
  throwsCode("over-limit", () => requireTargetPath("a".repeat(4097), defaultLimits));
});

test("digests stand before the last name where snapshots are consistent", () => {
  const hashes = new Map([["sha256", sha256]]);
  assert.is(servedTargetPath({ path: "a/b", hashes }, true, defaultLimits), `a/${sha256}.b`);
  assert.is(servedTargetPath({ path: "b", hashes }, true, defaultLimits), `${sha256}.b`);
  assert.is(servedTargetPath({ path: "a/b", hashes }, false, defaultLimits), "a/b");
  assert.is(
    servedTargetPath({ path: "b", hashes: new Map([["sha512", sha256.repeat(2)]]) }, true, defaultLimits),
    `${sha256.repeat(2)}.b`,
  );
  for (const bad of [new Map([["md5", sha256]]), new Map([["sha256", "../x"]])])
    throwsCode("malformed", () => servedTargetPath({ path: "b", hashes: bad }, true, defaultLimits));
  throwsCode("malformed", () => servedTargetPath({ path: "../b", hashes }, false, defaultLimits));
});

test.run();
