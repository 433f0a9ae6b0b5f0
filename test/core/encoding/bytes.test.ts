import { suite } from "uvu";
import * as assert from "uvu/assert";
import { concat, equalBytes } from "../../../core/encoding/bytes.ts";

const test = suite("core/encoding/bytes");

test("parts in order, none at all", () => {
  assert.equal(concat(Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3));
  assert.is(concat().length, 0);
});

test("length and content", () => {
  assert.ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  for (const other of [Uint8Array.of(1), Uint8Array.of(1, 3), Uint8Array.of(1, 2, 0), new Uint8Array()])
    assert.not(equalBytes(Uint8Array.of(1, 2), other));
});

test.run();
