import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../../core/encoding/json.ts";
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
  let reads = 0;
  const counted = (entry: JsonValue): JsonValue =>
    new Proxy(
      Array.from({ length: 100 }, () => entry),
      {
        get(target, key) {
          reads += 1;
          return Reflect.get(target, key);
        },
      },
    );
  const nested = counted(counted(counted("x".repeat(100))));
  assert.ok(sizeOf(nested, 1000) > 1000);
  assert.ok(reads >= 300 && reads < 1000, `${reads} of a million members are read`);
});

test.run();
