import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readDocument } from "../../../../core/kyverno/policy/yaml-block.ts";
import type { YamlNode } from "../../../../core/kyverno/policy/yaml-tree.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/policy/yaml-block");

/** A tree as short text: quoted scalars in quotes, plain ones bare. */
function shown(node: YamlNode | undefined): string {
  if (node === undefined) return "nothing";
  if (node.kind === "alias") return `*${node.name}`;
  if (node.kind === "scalar") {
    const tag = node.tag === undefined ? "" : `${node.tag} `;
    const anchor = node.anchor === undefined ? "" : `&${node.anchor} `;
    return `${anchor}${tag}${node.isPlain ? node.text || "~" : JSON.stringify(node.text)}`;
  }
  const anchor = node.anchor === undefined ? "" : `&${node.anchor} `;
  if (node.kind === "list") return `${anchor}[${node.items.map(shown).join(", ")}]`;
  return `${anchor}{${node.members.map(({ key, value }) => `${shown(key)}: ${shown(value)}`).join(", ")}}`;
}
const read = (text: string): string => shown(readDocument(`${text}\n`, 0, text.length + 1, 100));

const cases: readonly (readonly [text: string, tree: string])[] = [
  ["a: b\nc: d", "{a: b, c: d}"],
  ["a:\n  b: c\n  d:\ne: f", "{a: {b: c, d: ~}, e: f}"],
  ["a:\n- b\n- c\nd: e", "{a: [b, c], d: e}"],
  ["a:\n  - b\n  -\n  - c: d\n    e: f\n  - - g\n    - h", "{a: [b, ~, {c: d, e: f}, [g, h]]}"],
  ["-\n  a: b\n-\n  - c", "[{a: b}, [c]]"],
  ["'a b' : c\n\"d\": 'e'", '{"a b": c, "d": "e"}'],
  ["a: &x b\nc: *x\nd: &y\n  e: f\ng: !!str\n  h", "{a: &x b, c: *x, d: &y {e: f}, g: !!str h}"],
  ["- &x\n  a: b\n- &y [c]\n- &z !!seq\n  - d", "[&x {a: b}, &y [c], &z [d]]"],
  ["a: b # c\n# d\n\n  # e\nf: g#h", "{a: b, f: g#h}"],
  ["a: b\n  c\n\n  d\ne: f", "{a: b c\nd, e: f}"],
  ["a:\n  b\n c\nd: e", "{a: b c, d: e}"],
  ['a: b\n  - c\n  "d\n', '{a: b - c "d}'],
  ["a: |\n  b\nc: >-\n  d\n  e", '{a: "b\\n", c: "d e"}'],
  ["a:\t b\t# c", "{a: b}"],
  ["a: {b: c}\nd: [e,\n  f\n]", "{a: {b: c}, d: [e, f]}"],
  ["http://x:80/y: z", "{http://x:80/y: z}"],
  ["- -1\n- --flag=x", "[-1, --flag=x]"],
  ["{a: b}", "{a: b}"],
  ["a", "a"],
  ["# only\n", "nothing"],
];
for (const [text, tree] of cases) test(JSON.stringify(text), () => assert.is(read(text), tree));

test("what is not read alike, or at all, is refused", () => {
  for (const text of [
    "a: b\n c: d",
    "a: b\n  c: d",
    "  a: b\nc: d",
    "a:\n    b: c\n  d: e",
    "a: b: c",
    "a: - b",
    "a\nb: c",
    "a: b\nc",
    "- a\nb: c",
    "a: 'b' c",
    "a: 'b'#c",
    "a: [b] c",
    "a: {b: c}: d",
    "[a]: b",
    "{a: b}: c",
    "*a : b",
    "&a b: c",
    "- &a b: c",
    "- !!str b: c",
    "? a\n: b",
    "a: b\n? c\n: d",
    ": a",
    "a: @b",
    "a: `b`",
    "a: %b",
    "a: : b",
    "a: ? b",
    "a: &x\nb: c",
    "a: &x &y b",
    "a: &é b",
    "a: *é",
    "a: &x *y",
    "a: !!map b",
    "a: !!str {b: c}",
    "a: !<!x> b",
    "a: !!binary YQ==",
    "-\ta",
    "-\t- a",
    "a:\n\tb",
    "\ta: b",
    "a: b\n\t\nc: d",
    "a: b\n  \tc",
    "|\n  a",
    "%YAML 1.1",
  ])
    throwsCode("malformed", () => read(text));
});

test("more levels than may be are over the limit", () => {
  throwsCode("over-limit", () => read("- ".repeat(200)));
  throwsCode("over-limit", () => read("[".repeat(200)));
});

test.run();
