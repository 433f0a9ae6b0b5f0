/**
 * The configuration of `serve`: where its file is, and the flags and variables that win over it. Source:
 * docs/spec/command-line.md#configuration.
 */
import { type Command, Option } from "commander";
import { namedSettings } from "../../proxy/serve/setting.ts";
import { type GivenFlags, type ReadConfig, readConfig } from "../../proxy/serve/read-config.ts";
import { settings } from "../../proxy/serve/settings.ts";
import { collect, type CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { readGivenText } from "./given-file.ts";

export interface ConfigOptions {
  readonly config?: string;
}

const isRepeated = (kind: string): boolean => kind === "items" || kind === "texts" || kind === "paths";

const placeholder: Readonly<Record<string, string>> = {
  path: "<path>",
  paths: "<path>",
  texts: "<text>",
  text: "<text>",
  whole: "<count>",
  span: "<span>",
  size: "<size>",
  items: "<address>",
};

/** Pages say a default after a semicolon, help in brackets, as of every flag. */
const asHelpSays = (what: string): string => what.replace(/; default: (.*)$/, " (default: $1)");

/** Adds `--config` and a flag for each setting. */
export function addConfigOptions(command: Command): Command {
  command.option("-c, --config <file>", "the configuration (env: SALLYPORT_CONFIG)");
  for (const { setting, flag, variable } of namedSettings(settings)) {
    const { kind, what } = setting;
    const value = kind === "flag" ? "" : ` ${flag === "upstream" ? "<host>" : placeholder[kind]}`;
    const more = isRepeated(kind) ? ", repeatable" : "";
    const option = new Option(`--${flag}${value}`, `${asHelpSays(what)} (env: ${variable}${more})`);
    command.addOption(isRepeated(kind) ? option.argParser(collect) : option);
    if ("otherFlag" in setting) command.addOption(new Option(`--${setting.otherFlag}${value}`).hideHelp());
  }
  return command.option("--online", "as --mode online").option("--offline", "as --mode offline");
}

/** The flags of settings, by their names. */
export function settingFlags(command: Command): GivenFlags {
  const given: Record<string, string | boolean | readonly string[] | undefined> = {};
  for (const option of command.options) {
    const value = command.getOptionValue(option.attributeName());
    if (value !== undefined) given[option.long?.slice(2) ?? ""] = value as string | boolean | readonly string[];
  }
  for (const { setting, flag } of namedSettings(settings))
    if ("otherFlag" in setting && setting.otherFlag !== undefined) given[flag] ??= given[setting.otherFlag];
  const { online, offline, ...rest } = given;
  const mode = online === true ? "online" : offline === true ? "offline" : rest.mode;
  return { ...rest, mode };
}

/** The places of a configuration that nothing names, in order. */
const places = ({ env }: Pick<CommandIO, "env">): readonly string[] => [
  "sallyport.yaml",
  ...(env.XDG_CONFIG_HOME ? [`${env.XDG_CONFIG_HOME}/sallyport/config.yaml`] : []),
  ...(!env.XDG_CONFIG_HOME && env.HOME ? [`${env.HOME}/.config/sallyport/config.yaml`] : []),
  "/etc/sallyport/config.yaml",
];

/** `--config`, then the variable, then the places where one may lie. */
export const findConfig = ({ config }: ConfigOptions, io: CommandIO): string | undefined =>
  config ?? fromEnvironment("SALLYPORT_CONFIG", io) ?? places(io).find((path) => io.pathKind(path) === "file");

/**
 * The configuration of a file, flags and variables; of a file alone where `others` is absent.
 * @throws EngineError `invalid-usage` for a file that cannot be read.
 */
export function loadConfig(
  path: string | undefined,
  io: CommandIO,
  others?: { readonly flags: GivenFlags },
): ReadConfig {
  const file = path === undefined ? undefined : { name: path, text: readGivenText(path, io) };
  const { limits } = io;
  return readConfig({ file, flags: others?.flags ?? {}, env: others === undefined ? {} : io.env, limits });
}
