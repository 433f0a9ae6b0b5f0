import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDocument } from "../../../../core/kyverno/policy/yaml-block.ts";
import { NodeReader } from "../../../../core/kyverno/policy/yaml-node.ts";
import { Places } from "../../../../core/kyverno/policy/yaml-place.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/yaml-place");

function offsets(text: string, pointer: string): readonly [value: number, key: number | undefined] {
  const root = readDocument(`${text}\n`, 0, text.length + 1, 100);
  if (root === undefined) throw new Error("no document");
  const reader = new NodeReader(defaultLimits);
  reader.read(root);
  const [node, key] = new Places(root, reader).at(pointer);
  return [node.offset, key?.offset];
}

test("members have a key, items have none", () => {
  assert.equal(offsets("a: b", "/a"), [3, 0]);
  assert.equal(offsets("- a\n- b", "/1"), [6, undefined]);
});

test("keys are found by what they are in JSON", () => {
  assert.equal(offsets("yes: 1\n'yes': 2", "/true"), [5, 0]);
  assert.equal(offsets("yes: 1\n'yes': 2", "/yes"), [14, 7]);
});

test("what is not there is its nearest ancestor", () => {
  assert.equal(offsets("a: {b: c}", "/a/x/y"), [3, 0]);
  assert.equal(offsets("a: b", "/z"), [0, undefined]);
  assert.equal(offsets("- a", "/x"), [0, undefined]);
});

test("an empty value stands at its own place, a merged one where it was written", () => {
  assert.equal(offsets("a:\nb: c", "/a"), [1, 0]);
  assert.equal(offsets("a: &x {k: v}\nb: {<<: [*x]}", "/b/k"), [10, 7]);
  assert.equal(offsets("a: &x {k: v}\nb: {<<: *x, k: w}", "/b/k"), [28, 25]);
});

test("maps that merge maps that merge maps are looked into once each", () => {
  let text = "a0: &a0 {k: v}\n";
  for (let level = 1; level < 14; level++) text += `a${level}: &a${level} {<<: [*a${level - 1}, *a${level - 1}]}\n`;
  assert.equal(offsets(text.trimEnd(), "/a13/k"), [12, 9]);
  assert.is(offsets(text.trimEnd(), "/a13/none")[1], text.indexOf("a13:"));
});

test.run();
