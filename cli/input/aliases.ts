/**
 * Aliases of a command: those that flags or a variable say, and those that follow from the files for mirrors. Only
 * loaded where there can be some. Source: docs/spec/command-line.md#aliases.
 */
import type { Limits } from "../../core/limits.ts";
import {
  type Alias,
  type Aliases,
  createAliases,
  type FoundAliases,
  joinAliases,
  parseAlias,
} from "../../core/oci/aliases.ts";
import { readHostSettings } from "../../proxy/upstream/registry/host-settings.ts";
import { mirrorPlaces } from "../../proxy/upstream/registry/mirror-places.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment } from "../environment.ts";
import { filesOf } from "./tool-files.ts";

/** The flag of `addAliasOption`, and the files that say it too. */
export interface AliasOptions {
  readonly alias?: readonly string[];
  readonly hostsDir?: string;
  readonly registriesConf?: string;
}

/** Aliases as the engine takes them, and applied. */
export interface OpenAliases extends Aliases {
  readonly list: readonly Alias[];
  /** Those of files that do not count, and why. */
  readonly leftOut: FoundAliases["leftOut"];
}

function saidBy({ alias }: AliasOptions, io: CommandIO): readonly Alias[] {
  const from = alias === undefined ? "SALLYPORT_ALIAS" : "--alias";
  const texts = alias ?? [fromEnvironment("SALLYPORT_ALIAS", io) ?? ""];
  const each = texts.flatMap((text) => text.split(","));
  return each.filter((text) => alias !== undefined || text.trim() !== "").map((text) => parseAlias(text, from));
}

/** @throws EngineError `invalid-config` for an alias that cannot count, and for files that cannot be read. */
function findAliases(options: AliasOptions, limits: Limits, io: CommandIO): FoundAliases {
  const { hostsDir, registriesConf } = options;
  const found =
    hostsDir === undefined && registriesConf === undefined
      ? []
      : mirrorPlaces(readHostSettings({ hostsFolder: hostsDir, registriesConf }, filesOf(io)));
  return joinAliases(saidBy(options, io), found, limits);
}

/** @throws EngineError as {@link findAliases}. */
export function openAliases(options: AliasOptions, limits: Limits, io: CommandIO): OpenAliases {
  const { aliases, leftOut } = findAliases(options, limits, io);
  return { ...createAliases(aliases, limits), list: aliases, leftOut };
}
