/** `sallyport config`: the configuration of `serve`, without starting anything. */
import type { Command } from "commander";
import { configSchema } from "../../proxy/serve/config-schema.ts";
import { configTemplate } from "../../proxy/serve/config-template.ts";
import { type ConfigFault, requireConfig, type ReadConfig, type ShownSetting } from "../../proxy/serve/read-config.ts";
import type { CommandIO, Shell } from "../command.ts";
import type { ExitCode } from "../exit-code.ts";
import { addConfigOptions, type ConfigOptions, findConfig, loadConfig, settingFlags } from "../input/config-file.ts";
import { usage } from "../input/given-file.ts";
import { outputOption, type OutputOptions } from "../input/output-flag.ts";
import { counted } from "../render/count.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { visibleLine } from "../render/escape.ts";
import { toJsonText } from "../render/json.ts";
import { tellAnswer, warn } from "../render/say.ts";
import { renderColumns } from "../render/table.ts";

interface CheckOptions extends OutputOptions, ConfigOptions {
  readonly files: boolean;
}

/** What is named and is not there. An online server makes its mirror itself; a faulty mode may mean that. */
function missingFiles({ config, paths }: ReadConfig, io: CommandIO): readonly ConfigFault[] {
  return paths
    .filter(({ name, path }) => io.pathKind(path) === "none" && !(name === "store" && config?.mode !== "offline"))
    .map(({ name, path, place }) => ({ place, message: `${name}: ${path} is not there` }));
}

/** As an argument, by the flag of the other commands, or where `serve` would find it. */
function namedConfig(path: string | undefined, options: CheckOptions, io: CommandIO): string {
  const { config } = options;
  if (path !== undefined && config !== undefined)
    throw usage("a configuration is named once: as an argument, or with --config", "--config");
  const found = path ?? findConfig(options, io);
  if (found === undefined) throw usage("no configuration is here: name one, sallyport config check FILE", "--config");
  return found;
}

function check(given: string | undefined, options: CheckOptions, io: CommandIO): ExitCode {
  const { output, files } = options;
  const path = namedConfig(given, options, io);
  const read = loadConfig(path, io);
  const { warnings } = read;
  const faults = [...read.faults, ...(files ? missingFiles(read, io) : [])];
  if (isDocumentFormat(output)) io.out(renderDocument("ConfigCheck", { file: path, errors: faults, warnings }, output));
  else {
    for (const { place, message } of faults) tellAnswer(`error invalid-config: ${place}: ${visibleLine(message)}`, io);
    for (const { place, message } of warnings) tellAnswer(`warning: ${place}: ${visibleLine(message)}`, io);
    const loads = faults.length === 0 ? "loads" : "does not load";
    tellAnswer(`${path} ${loads}; ${counted(faults.length, "error")}, ${counted(warnings.length, "warning")}`, io);
  }
  return faults.length === 0 ? 0 : 2;
}

const valueText = (value: ShownSetting["value"]): string =>
  Array.isArray(value) ? (value.length === 0 ? "[]" : value.join(", ")) : visibleLine(String(value));

interface ViewOptions extends OutputOptions, ConfigOptions {
  readonly sources?: boolean;
}

function view(read: ReadConfig, file: string | undefined, { output, sources }: ViewOptions, io: CommandIO): void {
  requireConfig(read);
  for (const { place, message } of read.warnings) warn(`${place}: ${message}`, io);
  if (isDocumentFormat(output)) io.out(renderDocument("ConfigView", { file, settings: read.shown }, output));
  else if (sources === true) {
    const rows = read.shown.map(({ name, value, from }) => [name, valueText(value), from]);
    io.out(renderColumns(["SETTING", "VALUE", "FROM"], rows, { width: io.width.out }));
  } else for (const { name, value } of read.shown) io.out(`${name}: ${valueText(value)}\n`);
}

export function define(command: Command, { io, finish }: Shell): void {
  command
    .command("check")
    .description("read a configuration and report every error and risk, with line and column")
    .argument("[file]", "the configuration; - is standard input (default: the one that serve would find)")
    .option("-c, --config <file>", "the same, as a flag (env: SALLYPORT_CONFIG)")
    .option("--no-files", "do not look whether the files and folders that it names are there")
    .addOption(outputOption())
    .addHelpText("after", "\nExit codes: 0 it loads (warnings allowed); 2 it does not\n")
    .action((path: string | undefined, options: CheckOptions) => finish(check(path, options, io)));
  command
    .command("init")
    .description("print a configuration with every setting, its default and what it is")
    .addOption(outputOption())
    .addHelpText("after", "\nExample:\n  sallyport config init > sallyport.yaml\n")
    .action(({ output }: OutputOptions) => {
      const text = configTemplate();
      io.out(isDocumentFormat(output) ? renderDocument("ConfigTemplate", { text }, output) : text);
      finish(0);
    });
  command
    .command("schema")
    .description("print the JSON Schema of configurations, for editors")
    .addOption(outputOption())
    .action(({ output }: OutputOptions) => {
      const schema = configSchema();
      io.out(isDocumentFormat(output) ? renderDocument("ConfigSchema", { schema }, output) : toJsonText(schema));
      finish(0);
    });
  addConfigOptions(
    command
      .command("view")
      .description("show each setting as serve would take it from flags, variables and the file; secrets are masked")
      .option("--sources", "say where each value comes from"),
  )
    .addOption(outputOption())
    .action((options: ViewOptions, self: Command) => {
      const file = findConfig(options, io);
      view(loadConfig(file, io, { flags: settingFlags(self) }), file, options, io);
      finish(0);
    });
}
