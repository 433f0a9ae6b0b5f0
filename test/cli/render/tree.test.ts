import { stripVTControlCharacters } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { visible } from "../../../cli/render/escape.ts";
import { createStyle } from "../../../cli/render/style.ts";
import { renderTree, type TreeNode } from "../../../cli/render/tree.ts";

const test = suite("cli/render/tree");
const tree: TreeNode = {
  mark: "fail",
  label: "app:1",
  children: [
    { mark: "pass", label: "image", text: "sha256:00", children: [{ mark: "skip", label: "size", text: "1" }] },
    { mark: "fail", label: "subject", text: "a", want: "b", asked: "check.yaml:24" },
  ],
};

test("draws branches, what was wanted and who asked", () => {
  assert.is(
    renderTree(tree, createStyle({ colour: false, unicode: true, width: 200 })),
    [
      "✗ app:1",
      "├─ ✓ image       sha256:00",
      "│  └─ – size        1",
      "└─ ✗ subject     a  ← check.yaml:24",
      "                 want b",
      "",
    ].join("\n"),
  );
});

test("without Unicode everything is ASCII", () => {
  const odd: TreeNode = { ...tree, children: [{ mark: "pass", label: "who", text: "Zoë … 人", asked: "p.yaml:1" }] };
  assert.is(
    renderTree(odd, createStyle({ colour: false, unicode: false, width: 200 })),
    "x app:1\n`- ok who         Zo\\u{eb} ... \\u{4eba}  <- p.yaml:1\n",
  );
});

test("long texts go on below their own branch, and whoever asked keeps the line", () => {
  const words = "one two three four five six seven eight nine ten";
  const long: TreeNode = {
    mark: "fail",
    label: "app",
    children: [
      { mark: "fail", label: "a", text: words, want: words, asked: "check.yaml:24", children: [tree] },
      { mark: "pass", label: "digest", text: `sha256:${"0".repeat(64)}` },
    ],
  };
  for (const width of [40, 50, 80]) {
    const lines = renderTree(long, createStyle({ colour: false, unicode: true, width }))
      .trimEnd()
      .split("\n");
    assert.ok(Math.max(...lines.map((line) => line.length)) <= width, lines.join("\n"));
    const deeper = lines.slice(2, -1).every((line) => /^(?:│|└─|├─| {2})/.test(line));
    assert.ok(deeper, lines.join("\n"));
  }
});

test("colour only adds to the signs", () => {
  const shown = (colour: boolean) => renderTree(tree, createStyle({ colour, unicode: true, width: 200 }));
  assert.not.equal(shown(true), shown(false));
  assert.is(stripVTControlCharacters(shown(true)), shown(false));
});

test("what was signed cannot write to the terminal", () => {
  assert.is(visible("a\u001b[31mb\u202ec\nd"), "a\\u{1b}[31mb\\u{202e}c\\u{a}d");
});

test.run();
