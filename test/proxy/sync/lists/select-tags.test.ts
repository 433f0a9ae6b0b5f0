import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { defaultLimits } from "../../../../core/limits.ts";
import type { ListedTags } from "../../../../proxy/sync/lists/image-list.ts";
import { readRange, selectTags } from "../../../../proxy/sync/lists/select-tags.ts";

const test = suite("proxy/sync/lists/select-tags");
const signature = `sha256-${"a".repeat(64)}`;
const tags = ["v1.2.0", "1.2.3", "1.10", "2", "v2.0.0-rc.1", "1.3.0-alpine", "latest", signature, `${signature}.sig`];
const selected = (wanted: ListedTags["tags"]): readonly string[] => selectTags(tags, { tags: wanted }, defaultLimits);

test("all but tags that hold signatures", () => {
  assert.equal(selected("all"), tags.slice(0, 7));
  assert.equal(selected({ glob: "*" }), tags.slice(0, 7));
  assert.equal(selected({ glob: "sha256-*" }), []);
});

test("patterns cover the whole tag", () => {
  assert.equal(selected({ glob: "v*" }), ["v1.2.0", "v2.0.0-rc.1"]);
  assert.equal(selected({ glob: "1.?.?" }), ["1.2.3"]);
  assert.equal(selected({ glob: "latest" }), ["latest"]);
});

test("ranges: with or without v, with numbers missing, suffixes only where they are named", () => {
  assert.equal(selected({ range: ">=1.2 <2" }), ["v1.2.0", "1.2.3", "1.10"]);
  assert.equal(selected({ range: "^1.2.1" }), ["1.2.3", "1.10"]);
  assert.equal(selected({ range: ">=2" }), ["2"]);
  assert.equal(selected({ range: ">=2.0.0-0" }), ["2", "v2.0.0-rc.1"]);
  assert.equal(selected({ range: "1.3.0-alpine || 2" }), ["2", "1.3.0-alpine"]);
});

test("tags that are almost versions are none", () => {
  const odd = ["1.2.3.4", "01.2.3", "1..2", "v", "1.2.3-", "vv1", "9".repeat(16), "1.2.3_1"];
  assert.equal(selectTags(odd, { tags: { range: "*" } }, defaultLimits), ["01.2.3"]);
});

test("a text that is no range, and one without an end", () => {
  for (const [text, code] of [
    [">=a.b", "malformed"],
    ["1.2.3 -- 4", "malformed"],
    ["1 ".repeat(1000), "over-limit"],
  ] as const) {
    try {
      readRange(text, defaultLimits);
      assert.unreachable(text);
    } catch (error) {
      assert.ok(error instanceof EngineError, text);
      assert.is(error.code, code);
    }
  }
});

test.run();
