/** A tree of facts for people: a mark, a name, what was observed, and where it was asked for. */
import type { Mark, Style } from "./style.ts";
import { widthOf, wrapText } from "./wrap.ts";

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

const labelWidth = 11;

/** The lines of a tree below its root; the root is a line without branch. Every line ends with a newline. */
export function renderTree(root: TreeNode, style: Style): string {
  return lines(root, style, "", "")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function lines(node: TreeNode, style: Style, first: string, rest: string): readonly string[] {
  const { mark, label, text = "", want, asked, children = [] } = node;
  const { middle, last, line, gap, arrow } = style.branches;
  const below = `${rest}${children.length > 0 ? line : gap}`;
  const name = text === "" ? "" : `${style.text(label).padEnd(labelWidth)} `;
  const wrapped = wrapText(style.text(text === "" ? label : text), {
    width: style.width,
    first: `${first}${style.mark(mark)} ${name}`,
    rest: below,
  });
  const who = asked === undefined ? "" : `${arrow} ${style.text(asked)}`;
  const head = who === "" ? wrapped : withWho(wrapped, who, below, style);
  return [
    ...head,
    ...(want === undefined
      ? []
      : wrapText(style.text(want), {
          width: style.width,
          first: `${below}${" ".repeat(labelWidth)}want `,
          rest: `${below}${" ".repeat(labelWidth + 5)}`,
        })),
    ...children.flatMap((child, index) =>
      index === children.length - 1
        ? lines(child, style, rest + last, rest + gap)
        : lines(child, style, rest + middle, rest + line),
    ),
  ];
}

/** Who asked stands behind the text, or on a line of its own. */
function withWho(head: readonly string[], who: string, below: string, style: Style): readonly string[] {
  const end = head.at(-1) ?? "";
  return widthOf(end) + 2 + widthOf(who) <= style.width
    ? [...head.slice(0, -1), `${end}  ${style.dim(who)}`]
    : [...head, `${below}  ${style.dim(who)}`];
}
