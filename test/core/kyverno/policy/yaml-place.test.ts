import { parseAllDocuments } from "yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NodeReader, startOf } from "../../../../core/kyverno/policy/yaml-node.ts";
import { placeOf } from "../../../../core/kyverno/policy/yaml-place.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/yaml-place");

function offsets(text: string, pointer: string): readonly [value: number, key: number | undefined] {
  const root = parseAllDocuments(text, { schema: "failsafe", version: "1.1", uniqueKeys: false })[0]?.contents;
  if (root === null || root === undefined) throw new Error("no document");
  const reader = new NodeReader(defaultLimits);
  reader.read(root);
  const [node, key] = placeOf(root, pointer, reader);
  return [startOf(node), key === undefined ? undefined : startOf(key)];
}

test("members have a key, items have none", () => {
  assert.equal(offsets("a: b", "/a"), [3, 0]);
  assert.equal(offsets("- a\n- b", "/1"), [6, undefined]);
});

test("what is not there is its nearest ancestor", () => {
  assert.equal(offsets("a: {b: c}", "/a/x/y"), [3, 0]);
  assert.equal(offsets("a: b", "/z"), [0, undefined]);
  assert.equal(offsets("- a", "/x"), [0, undefined]);
});

test("an empty value stands at its own place, a merged one where it was written", () => {
  assert.equal(offsets("a:\nb: c", "/a")[1], 0);
  assert.equal(offsets("a: &x {k: v}\nb: {<<: [*x]}", "/b/k"), [10, 7]);
});

test.run();
