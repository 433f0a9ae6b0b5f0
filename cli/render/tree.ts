/** A tree of facts for people: a mark, a name, what was observed, and where it was asked for. */
import type { Mark, Style } from "./style.ts";

export interface TreeNode {
  readonly mark: Mark;
  readonly label: string;
  readonly text?: string;
  /** What was wanted instead, on a line of its own. */
  readonly want?: string;
  /** The policy line that asked for it: `check.yaml:24`. */
  readonly asked?: string;
  readonly children?: readonly TreeNode[];
}

/**
 * Signed text must not control a terminal or log: control and direction characters are shown as escapes.
 */
export const visible = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

const labelWidth = 11;

/** The lines of a tree below its root; the root is a line without branch. Every line ends with a newline. */
export function renderTree(root: TreeNode, style: Style): string {
  return lines(root, style, "", "")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function lines(node: TreeNode, style: Style, first: string, rest: string): readonly string[] {
  const { mark, label, text = "", want, asked, children = [] } = node;
  const head =
    `${first}${style.mark(mark)} ${visible(label).padEnd(text === "" ? 0 : labelWidth)} ${visible(text)}`.trimEnd();
  const { middle, last, line, gap } = style.branches;
  const below = children.length > 0 ? line : gap;
  return [
    asked === undefined ? head : `${head}  ${style.dim(`← ${visible(asked)}`)}`,
    ...(want === undefined ? [] : [`${rest}${below}${" ".repeat(labelWidth)}want ${visible(want)}`]),
    ...children.flatMap((child, index) =>
      index === children.length - 1
        ? lines(child, style, rest + last, rest + gap)
        : lines(child, style, rest + middle, rest + line),
    ),
  ];
}
