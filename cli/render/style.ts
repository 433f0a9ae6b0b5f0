/**
 * What the screen can show: marks, colour, its width and its signs. Colour never carries meaning alone: every mark has
 * its own character. Source: docs/spec/command-line.md#colour, #width-and-signs.
 */
import pico from "picocolors";
import type { CommandIO } from "../command.ts";
import { signNumber } from "../../core/encoding/hidden-signs.ts";
import { visible } from "./escape.ts";

export type Mark = "pass" | "fail" | "unknown" | "warning" | "skip" | "none";

const signs: Readonly<Record<Mark, readonly [unicode: string, ascii: string]>> = {
  pass: ["✓", "ok"],
  fail: ["✗", "x"],
  unknown: ["?", "?"],
  warning: ["!", "!"],
  skip: ["–", "-"],
  none: ["○", "o"],
};

/** Signs that have a usual form in ASCII; any other character is shown as an escape there. */
const asciiForms: Readonly<Record<string, string>> = {
  "…": "...",
  "←": "<-",
  "→": "->",
  "–": "-",
  "—": "-",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  µ: "u",
  "\u00a0": " ",
};

/** The text in ASCII. */
export const asciiText = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, (character) => asciiForms[character] ?? signNumber(character));

export interface Style {
  mark(mark: Mark): string;
  dim(text: string): string;
  bold(text: string): string;
  /** The text as the screen can show it: nothing in it writes to the terminal. */
  text(text: string): string;
  /** In columns. */
  readonly width: number;
  readonly unicode: boolean;
  readonly ellipsis: string;
  /** Branches of a tree: `├─ `, `└─ `, `│  `, three spaces; and the arrow to who asked. */
  readonly branches: Readonly<Record<"middle" | "last" | "line" | "gap" | "arrow", string>>;
}

interface Screen {
  readonly colour: boolean;
  readonly unicode: boolean;
  readonly width: number;
}

/** The style of a stream. */
export const styleOf = ({ colour, unicode, width }: Pick<CommandIO, "colour" | "unicode" | "width">): Style =>
  createStyle({ colour: colour.out, unicode, width: width.out });

export function createStyle(options: Screen): Style {
  const colours = pico.createColors(options.colour);
  const paint: Readonly<Record<Mark, (text: string) => string>> = {
    pass: colours.green,
    fail: colours.red,
    unknown: colours.yellow,
    warning: colours.yellow,
    skip: colours.dim,
    none: colours.dim,
  };
  return {
    mark: (mark) => paint[mark](signs[mark][options.unicode ? 0 : 1]),
    text: (text) => (options.unicode ? visible(text) : asciiText(visible(text))),
    width: options.width,
    unicode: options.unicode,
    ellipsis: options.unicode ? "…" : "...",
    dim: colours.dim,
    bold: colours.bold,
    branches: options.unicode
      ? { middle: "├─ ", last: "└─ ", line: "│  ", gap: "   ", arrow: "←" }
      : { middle: "|- ", last: "`- ", line: "|  ", gap: "   ", arrow: "<-" },
  };
}
