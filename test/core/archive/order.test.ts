import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareRows, compareText, contentLine } from "../../../core/archive/order.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";

const test = suite("core/archive/order");

test("texts are in the order of their bytes, as SQLite has them", () => {
  const unit = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(unit, unit, (left, right) => {
      const byBytes = Buffer.compare(Buffer.from(encodeUtf8(left)), Buffer.from(encodeUtf8(right)));
      assert.is(Math.sign(compareText(left, right)), byBytes);
    }),
  );
  // The order of UTF-16 would have it the other way round.
  assert.ok(compareText("\u{10000}", "\uffff") > 0);
});

test("kind decides first, then key, then digest", () => {
  const row = (kind: string, key: string, digest: string) => ({ kind, key, digest });
  assert.ok(compareRows(row("a", "z", "z"), row("b", "a", "a")) < 0);
  assert.ok(compareRows(row("a", "a", "z"), row("a", "b", "a")) < 0);
  assert.ok(compareRows(row("a", "a", "a"), row("a", "a", "b")) < 0);
  assert.is(compareRows(row("a", "a", "a"), row("a", "a", "a")), 0);
});

test("the line that is hashed", () => {
  assert.is(contentLine({ kind: "tag", key: 'a "b"', digest: "absent" }), '["tag","a \\"b\\"","absent"]\n');
});

test.run();
