import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../../core/encoding/size-of.ts";

const test = suite("core/encoding/size-of");

test("content has its bytes, texts their characters, and members their names", () => {
  assert.is(sizeOf(new Uint8Array(5)), 5);
  assert.is(sizeOf("abc"), 3);
  assert.is(sizeOf({ name: "abc", list: [true, null, 2] }), 4 + 3 + 4 + 3 * (1 + 8));
  assert.is(sizeOf(undefined), 8);
});

test.run();
