import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readNamedText, readText } from "../../../proxy/upstream/config-files.ts";
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

test("what is not UTF-8 is refused", () => {
  for (const read of [readText, readNamedText]) throwsCode("invalid-config", () => read(files, "/b"));
});

test.run();
