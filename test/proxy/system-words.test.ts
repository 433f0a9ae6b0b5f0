import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemReason, systemRemedy, systemWords } from "../../proxy/system-words.ts";

const test = suite("proxy/system-words");

test("codes have words, and keep the code; one without words is shown as it is", () => {
  assert.is(systemWords("ENOSPC"), "the disk is full (ENOSPC)");
  assert.is(systemWords("EEXIST"), "something else has this name (EEXIST)");
  assert.is(systemWords("EXDEV"), "EXDEV");
  assert.is(systemWords("constructor"), "constructor");
});

test("an error is said by its code, and one without a code by its own words", () => {
  assert.is(systemReason(Object.assign(new Error("no"), { code: "EROFS" })), "the file system is read-only (EROFS)");
  assert.is(systemReason(new Error("no")), "Error: no");
});

test("a disk without room, or that fails, is mended; else the path is wrong", () => {
  assert.equal(["ENOSPC", "EDQUOT", "EIO", "ENOENT", "EACCES"].map(systemRemedy), [
    "disk",
    "disk",
    "disk",
    "path",
    "path",
  ]);
});

test.run();
