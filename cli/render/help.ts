/** Help within the width of the screen: what is explained stands on the left, or above if it is long. */
import type { HelpConfiguration, Option } from "commander";
import { fitLine } from "./say.ts";
import { widthOf, wrapText } from "./wrap.ts";

const indent = "  ";
const longestTerm = 26;

/** As descriptions say what commander does not know: without quotes. */
function optionDescription({ description, argChoices = [], defaultValue, required, optional }: Option): string {
  // Of a switch it is what the program has, and nothing that a user gives.
  const shown: unknown = required || optional ? defaultValue : undefined;
  const said = [
    ...(argChoices.length > 0 ? [`choices: ${argChoices.join(", ")}`] : []),
    ...(shown === undefined ? [] : [`default: ${typeof shown === "string" ? shown : JSON.stringify(shown)}`]),
  ];
  return said.length === 0 ? description : `${description} (${said.join("; ")})`.trimStart();
}

export const helpFormat: HelpConfiguration = {
  optionDescription,
  formatItem: (term, termWidth, description, { helpWidth = 80 }) => {
    const column = Math.min(termWidth, longestTerm);
    const beside = widthOf(term) <= column;
    const rest = " ".repeat(indent.length + column + 2);
    const lines = wrapText(description, { width: helpWidth, first: rest, rest });
    if (description === "") return indent + term;
    if (!beside) return [indent + term, ...lines].join("\n");
    return [`${indent}${term.padEnd(column)}  ${(lines[0] ?? "").trimStart()}`, ...lines.slice(1)].join("\n");
  },
};

/** Lines of help that are too long: examples go on behind a backslash, everything else at a space. */
export function fitHelp(text: string, width: number): string {
  const fit = (line: string): readonly string[] => {
    if (widthOf(line) <= width) return [line];
    const example = /^ {2}(?<command>sallyport .*)$/.exec(line)?.groups?.command;
    if (example === undefined) return fitLine(line, width);
    return wrapText(`\`${example}\``, { width, first: "  ", rest: "  ", commands: true });
  };
  return text.split("\n").flatMap(fit).join("\n");
}
