/** `sallyport completion`: a script that completes commands and flags, made from the commands as they are defined. */
import { Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { powershellScript } from "../completion/powershell.ts";
import { type CommandNode, toCommandNode } from "../completion/tree.ts";
import { zshScript } from "../completion/zsh.ts";
import type { Shell } from "../command.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";

const scripts: Readonly<Record<string, (root: CommandNode) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};
const hints: Readonly<Record<string, string>> = {
  bash: "source <(sallyport completion bash)",
  zsh: 'sallyport completion zsh > "${fpath[1]}/_sallyport"',
  fish: "sallyport completion fish > ~/.config/fish/completions/sallyport.fish",
  powershell: "sallyport completion powershell >> $PROFILE",
};

/** The whole program: a command line loads only the command that it calls. */
async function wholeProgram(shell: Shell): Promise<CommandNode> {
  const program = new Command("sallyport");
  for (const entry of shell.commands ?? []) {
    const command = program.command(entry.name).description(entry.summary);
    (await entry.load()).define(command, shell);
  }
  return toCommandNode(program);
}

export function define(command: Command, shell: Shell): void {
  for (const [name, script] of Object.entries(scripts))
    command
      .command(name)
      .description(`for ${name}`)
      .addOption(outputOption())
      .addHelpText("after", `\nExample:\n  ${hints[name]}\n`)
      .action(async ({ output }: OutputOptions) => {
        const text = script(await wholeProgram(shell));
        shell.io.out(
          isDocumentFormat(output) ? renderDocument("CompletionScript", { shell: name, script: text }, output) : text,
        );
        shell.finish(0);
      });
}
