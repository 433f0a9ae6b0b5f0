/**
 * cosign's variables for flags: `COSIGN_KEY` is `--key` where that is not given. Source:
 * docs/spec/command-line.md#environment.
 */
import type { Command, Option } from "commander";
import type { CommandIO } from "../command.ts";
import { flagVariable } from "../environment.ts";
import { readTruth } from "../switches.ts";

/** Sets options of the command from the environment before its action. `flags`: their long names. */
export const addFlagVariables = (command: Command, flags: readonly string[], io: CommandIO): Command =>
  command.hook("preAction", (_, called) => {
    for (const option of called.options)
      if (option.long !== undefined && !option.negate && flags.includes(option.long)) setOption(called, option, io);
  });

function setOption(command: Command, option: Option, { env, used }: CommandIO): void {
  const variable = flagVariable(option.long as string);
  const text = env[variable] ?? "";
  const name = option.attributeName();
  if (text === "" || command.getOptionValueSource(name) === "cli") return;
  const isSwitch = !option.required && !option.optional;
  const value: unknown = isSwitch
    ? readTruth(text, variable)
    : option.parseArg === undefined
      ? text
      : option.parseArg(text, undefined as never);
  command.setOptionValueWithSource(name, value, "env");
  used.add(variable);
}
