/** `sallyport initialize`: cosign's name of `trust update`. */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { defineUpdate } from "./trust-update.ts";

export const define = (command: Command, shell: Shell): void => defineUpdate(command, shell);
