import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sizeOf } from "../../../../core/kyverno/rule/json-size.ts";

const test = suite("core/kyverno/rule/json-size");

test("never less than the texts in it, never much more than the JSON", () => {
  for (const value of [
    "",
    "text",
    1,
    true,
    null,
    [],
    {},
    ["a", "b"],
    { key: ["value", { deep: "x".repeat(1000) }] },
    Array.from({ length: 100 }, () => "ab"),
  ]) {
    const written = JSON.stringify(value).length;
    const size = sizeOf(value, 1_000_000);
    assert.ok(size >= written * 0.9 && size <= written * 2 + 10, `${size} for ${written}`);
  }
});

test("counting stops once it is more than enough", () => {
  const shared = Array.from({ length: 1000 }, () => "x".repeat(100));
  const nested = Array.from({ length: 1000 }, () => shared);
  const started = performance.now();
  assert.ok(
    sizeOf(
      Array.from({ length: 1000 }, () => nested),
      10_000,
    ) > 10_000,
  );
  assert.ok(performance.now() - started < 500);
});

test.run();
