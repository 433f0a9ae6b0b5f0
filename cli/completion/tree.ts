/** The commands and their flags as completion scripts need them. */
import type { Command, Option } from "commander";

export interface FlagNode {
  /** `--output`, and its letter. */
  readonly long: string;
  readonly short?: string;
  readonly description: string;
  readonly takesValue: boolean;
  /** The values that it takes, where they are listed. */
  readonly choices: readonly string[];
}

export interface CommandNode {
  /** The words behind the program's name, each with a space before it: ` mirror ls`. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagNode[];
  readonly commands: readonly CommandNode[];
}

const toFlag = ({ long, short, description, required, optional, argChoices }: Option): FlagNode => ({
  long: long ?? "",
  ...(short === undefined ? {} : { short }),
  description: description ?? "",
  takesValue: required || optional,
  choices: argChoices ?? [],
});

/** Hidden flags are left out: they are other programs' spellings. */
export function toCommandNode(command: Command, path = ""): CommandNode {
  const helper = command.createHelp();
  return {
    path,
    name: command.name(),
    summary: command.description(),
    flags: helper
      .visibleOptions(command)
      .filter(({ long }) => long !== undefined)
      .map(toFlag),
    commands: command.commands.map((sub) => toCommandNode(sub, `${path} ${sub.name()}`)),
  };
}

/** A command and everything below it. */
export const flatten = (node: CommandNode): readonly CommandNode[] => [node, ...node.commands.flatMap(flatten)];

/** In single quotes, for POSIX shells and zsh. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
