/**
 * The flag `--complete`: of what the layouts hold everything. Source: docs/spec/offline.md#completeness,
 * docs/spec/command-line.md#switches.
 */
import { type Command, Option } from "commander";
import { type Grain, grains } from "../../core/oci/completeness.ts";

export interface CompleteOptions {
  readonly complete?: Grain;
}

/** Adds the flag. Alone it means images; a wider grain follows after `=`. */
export const addCompleteOption = (command: Command): Command =>
  command.addOption(
    new Option(
      "--complete [grain]",
      "claim that the layouts hold all that hangs on their images; =repository, =host: all of those. What they lack " +
        "is then known not to exist",
    )
      .choices(grains)
      .preset("image"),
  );

/** The claim of a flag, as the options of a layout. `said` is the command that says so. */
export const readComplete = ({ complete }: CompleteOptions, said: string) =>
  complete === undefined
    ? {}
    : { complete, claimedBy: `${said} --complete${complete === "image" ? "" : `=${complete}`}` };
