/** The real program, in which no command does anything: for checking commands that stand in texts. */
import type { Command } from "commander";
import type { CommandEntry } from "../../cli/command.ts";
import { commands, runCommandLine } from "../../cli/program.ts";
import { testIO } from "./command-io.ts";

/** Commands that do something themselves; a group may, such as `mirror pins`. */
const acting = (command: Command): readonly Command[] => [
  ...(command.commands.length === 0 || Reflect.get(command, "_actionHandler") ? [command] : []),
  ...command.commands.flatMap(acting),
];

const idle: readonly CommandEntry[] = commands.map((entry) => ({
  ...entry,
  load: async () => {
    const module = await entry.load();
    return {
      define: (command, shell) => {
        module.define(command, shell);
        for (const one of acting(command)) one.action(() => shell.finish(0));
      },
    };
  },
}));

/** Whether the program takes these words. */
export async function parses(words: readonly string[]): Promise<boolean> {
  const { io, seen } = testIO();
  const exit = await runCommandLine(words, io, idle);
  return exit === 0 && seen.err === "";
}
