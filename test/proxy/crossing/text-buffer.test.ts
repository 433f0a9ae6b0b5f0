import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TextBuffer } from "../../../proxy/crossing/text-buffer.ts";

const test = suite("proxy/crossing/text-buffer");

test("takes text while it has room for all of it, and begins anew", () => {
  const buffer = new TextBuffer(6);
  assert.ok(buffer.add("aé"));
  assert.ok(buffer.add("€"));
  assert.is(buffer.length, 6);
  assert.not(buffer.add("b"));
  assert.is(buffer.take().toString(), "aé€");
  assert.is(buffer.length, 0);
  assert.not(buffer.add("€€é"));
  assert.ok(buffer.add("abcdef"));
  assert.is(buffer.take().toString(), "abcdef");
});

test.run();
