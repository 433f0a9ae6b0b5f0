/** The flag that says under which names repositories are mirrored. Source: docs/spec/command-line.md#aliases. */
import type { Command } from "commander";
import type { Limits } from "../../core/limits.ts";
import { collect, type CommandIO } from "../command.ts";
import { orVariable } from "../environment.ts";
import type { AliasOptions, OpenAliases } from "./aliases.ts";

export const addAliasOption = (command: Command): Command =>
  command.option(
    "--alias <logical=physical>",
    `a mirror's name is judged as another: ghcr.io/org=mirror.corp/org ${orVariable("SALLYPORT_ALIAS")}`,
    collect,
  );

/** The files in which mirrors of registries are named. */
export const mirrorFiles = {
  hosts: ["--hosts-dir <folder>", "mirrors of registries, as containerd's certs.d has them"],
  registries: ["--registries-conf <file>", "mirrors of registries, as podman has them"],
} as const;

/** With the files that say it too, for commands that ask no registry. */
export const addAliasOptions = (command: Command): Command =>
  addAliasOption(command)
    .option(...mirrorFiles.hosts)
    .option(...mirrorFiles.registries);

/** Only who has aliases pays for them. @throws EngineError as `openAliases`. */
export async function readAliases(options: AliasOptions, limits: Limits, io: CommandIO): Promise<OpenAliases> {
  const { alias, hostsDir, registriesConf } = options;
  const isSaid = alias ?? hostsDir ?? registriesConf ?? (io.env.SALLYPORT_ALIAS || undefined);
  if (isSaid === undefined) return { list: [], leftOut: [], logicalOf: () => undefined };
  return (await import("./aliases.ts")).openAliases(options, limits, io);
}
