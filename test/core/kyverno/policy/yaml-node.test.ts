import { isMap, type Node, parseAllDocuments } from "yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { NodeReader, startOf, YamlFault } from "../../../../core/kyverno/policy/yaml-node.ts";
import { defaultLimits } from "../../../../core/limits.ts";

const test = suite("core/kyverno/policy/yaml-node");
const rootOf = (text: string) =>
  parseAllDocuments(text, { schema: "failsafe", version: "1.1", uniqueKeys: false })[0]?.contents ?? null;
const read = (text: string, limits = defaultLimits) => new NodeReader(limits).read(rootOf(text));

test("size counts aliases written out, height the levels", () => {
  const { size, height } = read("a: &x [1, 2]\nb: *x");
  assert.is(size, 7);
  assert.is(height, 2);
});

test("an alias means the last anchor of its name", () => {
  const { value } = read("- &a 1\n- *a\n- &a 2\n- *a");
  assert.equal(value, [1n, 1n, 2n, 2n]);
});

test("bounds throw over-limit with the offset", () => {
  const refuses = (text: string, limits: Partial<typeof defaultLimits>): number => {
    try {
      read(text, { ...defaultLimits, ...limits });
    } catch (error) {
      if (error instanceof YamlFault && error.code === "over-limit") return error.offset;
      throw error;
    }
    return -1;
  };
  assert.is(refuses("a: [[[1]]]", { jsonDepth: 3 }), 0);
  assert.is(refuses("a: [[1]]", { jsonDepth: 3 }), -1);
  assert.is(refuses("- [1, 2, 3]\n- [4]", { documentValues: 3 }), 2);
});

test("the text of a key, through an alias too", () => {
  const reader = new NodeReader(defaultLimits);
  const root = rootOf("yes: 1\n'yes': 2\n&k k: 3\nsub: {*k : 4}");
  reader.read(root);
  const keys = isMap(root) ? root.items.map(({ key }) => reader.keyText(key as Node)) : [];
  assert.equal(keys, ["true", "yes", "k", "sub"]);
});

test("a node that is not there begins at 0", () => assert.is(startOf(null), 0));

test.run();
