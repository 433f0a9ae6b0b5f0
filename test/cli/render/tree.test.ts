import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createStyle } from "../../../cli/render/style.ts";
import { renderTree, type TreeNode, visible } from "../../../cli/render/tree.ts";

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
    renderTree(tree, createStyle({ colour: false, unicode: true })),
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

test("without Unicode every sign is ASCII but the arrow", () => {
  assert.match(renderTree(tree, createStyle({ colour: false, unicode: false })), /^x app:1\n\|- ok image/);
});

test("colour only adds to the signs", () => {
  const coloured = renderTree(tree, createStyle({ colour: true, unicode: true }));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of colour are control characters
  assert.is(coloured.replace(/\u001b\[\d+m/g, ""), renderTree(tree, createStyle({ colour: false, unicode: true })));
});

test("what was signed cannot write to the terminal", () => {
  assert.is(visible("a\u001b[31mb\u202ec\nd"), "a\\u{1b}[31mb\\u{202e}c\\u{a}d");
});

test.run();
