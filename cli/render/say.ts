/**
 * Lines on stderr for people, as wide as the screen, with its signs. The one printer of warnings and notes. Source:
 * docs/spec/command-line.md#streams-and-formats, #width-and-signs.
 */
import type { CommandIO } from "../command.ts";
import { visible } from "./escape.ts";
import { asciiText } from "./style.ts";
import { wrapText } from "./wrap.ts";

/** What is needed of the world to say something. */
export type Ear = Pick<CommandIO, "err" | "width" | "unicode">;

/**
 * Prints lines of text. The rest of a long line stands below it, a little further in; so does every line behind the
 * first, which may have come from outside.
 */
export function say(text: string, { err, width, unicode }: Ear): void {
  const lines = text.split("\n").map((line, index) => (index === 0 || line.startsWith("  ") ? line : `  ${line}`));
  const shown = lines.map((line) => (unicode ? visible(line) : asciiText(visible(line))));
  err(`${shown.flatMap((line) => fitLine(line, width.err)).join("\n")}\n`);
}

/** A line as it is, if it fits. */
export function fitLine(line: string, width: number, options: { readonly commands?: boolean } = {}): readonly string[] {
  const [indent = ""] = /^ */.exec(line) ?? [];
  return wrapText(line, { width, first: indent, rest: `${indent}  `, ...options });
}

export const warn = (text: string, ear: Ear): void => say(`warning: ${text}`, ear);
export const note = (text: string, ear: Ear): void => say(`note: ${text}`, ear);

/** Lines of an answer, on stdout, as wide as its screen. Each ends with a newline. */
export const tellAnswer = (text: string, { out, width }: Pick<CommandIO, "out" | "width">): void =>
  out(
    text
      .replace(/\n$/, "")
      .split("\n")
      .flatMap((line) => fitLine(line, width.out))
      .map((line) => `${line}\n`)
      .join(""),
  );
