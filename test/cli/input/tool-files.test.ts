import { suite } from "uvu";
import * as assert from "uvu/assert";
import { filesOf } from "../../../cli/input/tool-files.ts";
import { testIO } from "../command-io.ts";

const test = suite("cli/input/tool-files");

test("what is not there is nothing, a file is its bytes, a folder its names", () => {
  const files = filesOf(testIO({ files: { "a/b": "text", "a/c/d": "" } }).io);
  assert.equal([files.read("x"), files.list("x"), files.list("a/b")], [undefined, [], []]);
  assert.is(Buffer.from(files.read("a/b") ?? []).toString(), "text");
  assert.equal(files.list("a"), ["b", "c"]);
});

test("a folder in the place of a file is refused", () => {
  const files = filesOf(testIO({ files: { "a/b": "text" } }).io);
  assert.throws(() => files.read("a"));
});

test.run();
