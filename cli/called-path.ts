/**
 * The command that words call, below its groups, and requests for help in their one form. Source:
 * docs/spec/command-line.md#commands.
 */
import type { Command } from "commander";
import { readTruth } from "./switches.ts";

/** Words that are no flags, up to the word that ends the flags. The word after `--color` is its value. */
export function plainWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end)).filter(
    (word, index, all) => !word.startsWith("-") && all[index - 1] !== "--color",
  );
}

/**
 * From the program to the innermost command that the words name, and the words behind it. `help` in front of the name
 * of a command asks for its help.
 */
export function calledPath(words: readonly string[], program: Command) {
  let command = program;
  let isHelp = false;
  const rest = [...plainWords(words)];
  while (rest.length > 0 && command.commands.length > 0) {
    const next = command.commands.find((one) => one.name() === rest[0]);
    if (next === undefined && (isHelp || rest[0] !== "help")) break;
    isHelp ||= next === undefined;
    command = next ?? command;
    rest.shift();
  }
  return { command, rest, isHelp };
}

/** `mirror add`: how the command is called, without the program's name. */
export const nameOf = (command: Command): string =>
  command.parent === null ? "" : `${nameOf(command.parent)} ${command.name()}`.trim();

/**
 * `help A B` and `A help B` as `A B --help`, so that both show the innermost command.
 * @throws CommanderError for the name of no command, EngineError for `--help=` and what is neither true nor false.
 */
export function foldHelp(given: readonly string[], program: Command): readonly string[] {
  const words = given.flatMap((word, index) => {
    const [, flag, text] = /^(--help|-h)=(.*)$/s.exec(word) ?? [];
    if (flag === undefined || text === undefined || given.slice(0, index).includes("--")) return [word];
    return readTruth(text, flag) ? [flag] : [];
  });
  const { command, rest, isHelp } = calledPath(words, program);
  const end = words.indexOf("--");
  const flags = end === -1 ? words : words.slice(0, end);
  if (!isHelp && !flags.some((word) => word === "--help" || word === "-h")) return words;
  if (rest[0] !== undefined && (isHelp || command.commands.length > 0))
    command.error(`error: unknown command '${rest[0]}'`, { code: "commander.unknownCommand" });
  const at = words.indexOf("help");
  return isHelp ? [...words.slice(0, at), ...words.slice(at + 1), "--help"] : words;
}
