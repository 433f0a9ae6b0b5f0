/**
 * The format that a command line asks for, as far as it can be told from its words alone: for errors that end a command
 * before its options are read. Source: docs/spec/command-line.md#documents.
 */
import type { ExitCode } from "./exit-code.ts";
import { type DocumentFormat, isDocumentFormat } from "./render/document-format.ts";
import { type Problem, toProblemJson } from "./render/problem.ts";

/** In `apply`, `-o` is a path. */
const flagsOf = (command: string | undefined): readonly string[] =>
  command === "apply" ? ["--output-format"] : ["-o", "--output", "--output-format"];

/** Switches of one letter, which may stand before `o` in one word: `-qo json`. */
const combined = /^-[qhV]*o(.*)$/s;

/** The value of the word at `index`, if it is one of the flags: in the word itself, or the next one. */
function valueAt(words: readonly string[], index: number, flags: readonly string[]): string | undefined {
  const word = words[index] ?? "";
  if (flags.includes(word)) return words[index + 1];
  for (const flag of flags) {
    if (word.startsWith(`${flag}=`)) return word.slice(flag.length + 1);
    const [, rest] = (flag === "-o" && combined.exec(word)) || [];
    if (rest !== undefined) return rest === "" ? words[index + 1] : rest.replace(/^=/, "");
  }
  return undefined;
}

/** The last one counts, as in commander. */
export function wantedDocument(words: readonly string[], command: string | undefined): DocumentFormat | undefined {
  const end = words.indexOf("--");
  const options = end === -1 ? words : words.slice(0, end);
  const flags = flagsOf(command);
  const wanted = options.flatMap((_, index) => valueAt(options, index, flags) ?? []).at(-1);
  return isDocumentFormat(wanted) ? wanted : undefined;
}

/** `code` is one of ours, or `defect`. */
export type ErrorDocument = (problem: Omit<Problem, "code"> & { readonly code: string }, exitCode: ExitCode) => string;

/** What prints documents is loaded only where one is wanted. */
export async function errorDocument(format: DocumentFormat): Promise<ErrorDocument> {
  const { renderDocument } = await import("./render/document.ts");
  return (problem, exitCode) => renderDocument("Error", { exitCode, ...toProblemJson(problem) }, format);
}
