import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cursor } from "../../../../core/kyverno/policy/yaml-cursor.ts";
import { readFlow } from "../../../../core/kyverno/policy/yaml-flow.ts";
import type { YamlNode } from "../../../../core/kyverno/policy/yaml-tree.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-flow");

function shown(node: YamlNode): unknown {
  if (node.kind === "alias") return `*${node.name}`;
  if (node.kind === "scalar") return node.text;
  if (node.kind === "list") return node.items.map(shown);
  return Object.fromEntries(node.members.map(({ key, value }) => [key.text, shown(value)]));
}

function read(text: string): unknown {
  const cursor = new Cursor(text, 0, text.length, 10);
  const node = readFlow(cursor, -1);
  assert.is(cursor.at, text.length);
  return shown(node);
}

test("maps and lists, with spaces, lines, tabs and comments between their parts", () => {
  assert.equal(read("{}"), {});
  assert.equal(read("[ ]"), []);
  assert.equal(read("{a: b, c: [d, 'e', \"f\"], }"), { a: "b", c: ["d", "e", "f"] });
  assert.equal(read('{\n\t"a":1, # b\n\t"c":[\n\t\t2\n\t,3]\n}'), { a: "1", c: ["2", "3"] });
  assert.equal(read("{a:b: c:d, 'e':f, g:\n  h}"), { "a:b": "c:d", e: "f", g: "h" });
  assert.equal(read("[a\n b, &x c, *x, !!str d, &y {e: f}]"), ["a b", "c", "*x", "d", { e: "f" }]);
});

test("what readers read differently is refused", () => {
  for (const text of [
    "{a}",
    "{a:}",
    "{a: }",
    "{a: , b: c}",
    "{a:, b: c}",
    "{: a}",
    "{? a: b}",
    "{?a: b}",
    "{a?: b}",
    "[a?b]",
    "[?a]",
    "[:a]",
    "[a: b]",
    "['a': b]",
    "['a':b]",
    "[a, , b]",
    "[, a]",
    "[a,,]",
    "{,}",
    "{&x a: b}",
    "{*a : b}",
    "{!!str a: b}",
    "{{a: b}: c}",
    "{[a]: b}",
    "{'a'\n: b}",
    "{a\n b: c}",
    '{"<<": {a: b}}',
    "[&x]",
    "[&x , a]",
    "[*x.y]",
    "[- a]",
    "[-]",
    "[#c\n a]",
    "['a'#c\n]",
    "[a",
    "{a: b",
    "[a}",
    "[|\n a]",
    "[%a]",
    "[@a]",
    `{${"a".repeat(1001)}: b}`,
  ])
    throwsCode("malformed", () => read(text));
});

test("depth is bounded", () => void throwsCode("over-limit", () => read(`${"[".repeat(12)}${"]".repeat(12)}`)));

test.run();
