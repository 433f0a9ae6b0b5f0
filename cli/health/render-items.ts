/** Items of `status` and `doctor` in lines. Source: docs/spec/command-line.md#status-and-doctor. */
import type { Mark, Style } from "../render/style.ts";
import { withShortTimes } from "../render/time.ts";
import { wrapText } from "../render/wrap.ts";
import type { Item } from "./item.ts";

const marks = {
  ok: "pass",
  warning: "warning",
  critical: "warning",
  stale: "fail",
  failed: "fail",
  skipped: "skip",
} as const satisfies Record<Item["state"], Mark>;

const nameWidth = 14;

/** One item: its mark, its name, what is so, and below it what to do. */
function lines({ name, subject, state, text, code, fix }: Item, style: Style): readonly string[] {
  const mark = style.mark(marks[state]);
  const rest = " ".repeat(nameWidth + 2);
  const said = `${subject === undefined ? "" : `${subject}: `}${text}${code === undefined ? "" : ` [${code}]`}`;
  const plain = marks[state] === "pass" && !style.unicode ? nameWidth - 1 : nameWidth;
  return [
    ...wrapText(style.text(withShortTimes(said)), { width: style.width, first: `${mark} ${name.padEnd(plain)}`, rest }),
    ...(fix === undefined
      ? []
      : wrapText(style.text(fix), { width: style.width, first: `${rest}fix: `, rest: `${rest}     `, commands: true })),
  ];
}

export const renderItems = (items: readonly Item[], style: Style): string =>
  items
    .flatMap((item) => lines(item, style))
    .map((line) => `${line}\n`)
    .join("");
