/** `sallyport trusted-root create`: cosign's name of `trust create`. */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { defineCreate } from "./trust-create.ts";

export const define = (command: Command, shell: Shell): void =>
  defineCreate(command.command("create").description("make a trusted_root.json, like sallyport trust create"), shell);
