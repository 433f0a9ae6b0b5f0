import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readNamedText, readText, shownPath } from "../../../proxy/upstream/config-files.ts";
import { throwsCode } from "../../support/assert.ts";
import { memoryFiles } from "../../support/memory-files.ts";

const test = suite("proxy/upstream/config-files");
const files = memoryFiles({ "/a": "text", "/b": new Uint8Array([0xff]) });

test("a file that is not there is none, unless a setting names it", () => {
  assert.is(readText(files, "/a"), "text");
  assert.is(readText(files, "/none"), undefined);
  assert.is(readNamedText(files, "/a"), "text");
  throwsCode("invalid-config", () => readNamedText(files, "/none"));
});

test("a path below the home of this user is shown from there", () => {
  const show = (path: string, HOME?: string) => shownPath(path, { HOME });
  assert.equal(
    [show("/h/a/.kube/config", "/h/a"), show("/h/ab/config", "/h/a"), show("/x", ""), show("/x")],
    ["~/.kube/config", "/h/ab/config", "/x", "/x"],
  );
});

test("what is not UTF-8 is refused", () => {
  for (const read of [readText, readNamedText]) throwsCode("invalid-config", () => read(files, "/b"));
});

test.run();
