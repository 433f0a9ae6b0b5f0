/**
 * Marks and colour. Colour never carries meaning alone: every mark has its own character. Source:
 * docs/spec/command-line.md#colour.
 */
import pico from "picocolors";

export type Mark = "pass" | "fail" | "unknown" | "warning" | "skip" | "none";

const signs: Readonly<Record<Mark, readonly [unicode: string, ascii: string]>> = {
  pass: ["✓", "ok"],
  fail: ["✗", "x"],
  unknown: ["?", "?"],
  warning: ["!", "!"],
  skip: ["–", "-"],
  none: ["○", "o"],
};

export interface Style {
  mark(mark: Mark): string;
  dim(text: string): string;
  bold(text: string): string;
  /** Branches of a tree: `├─ `, `└─ `, `│  `, three spaces. */
  readonly branches: { readonly middle: string; readonly last: string; readonly line: string; readonly gap: string };
}

export function createStyle(options: { readonly colour: boolean; readonly unicode: boolean }): Style {
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
    dim: colours.dim,
    bold: colours.bold,
    branches: options.unicode
      ? { middle: "├─ ", last: "└─ ", line: "│  ", gap: "   " }
      : { middle: "|- ", last: "`- ", line: "|  ", gap: "   " },
  };
}
