/**
 * `sallyport mirror`: add layouts, list and check the content, pin keys, distrust. Source:
 * docs/spec/command-line.md#commands, #streams-and-formats.
 */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { defineAdd } from "./mirror-add.ts";
import { defineCheck } from "./mirror-check.ts";
import { defineRemoval } from "./mirror-gc.ts";
import { defineDistrust } from "./mirror-distrust.ts";
import { defineList } from "./mirror-ls.ts";
import { definePins } from "./mirror-pins.ts";
import { defineMirrorRecheck } from "./mirror-recheck.ts";
import { defineMirrorStatus } from "./mirror-status.ts";
import { defineSync } from "./mirror-sync.ts";

export function define(command: Command, shell: Shell): void {
  defineAdd(command.command("add").description("add what another tool saved: layouts of images"), shell);
  defineSync(command.command("sync").description("fetch all that decisions about a list of images will ask"), shell);
  defineList(command.command("ls").description("list what the mirror holds, unverified"), shell);
  defineCheck(command.command("check").description("read everything and name what is damaged"), shell);
  defineMirrorStatus(command.command("status").description("what the mirror holds, and who writes to it"), shell);
  defineMirrorRecheck(command.command("recheck").description("images that were let in undecided"), shell);
  defineRemoval(command, shell);
  definePins(command, shell);
  defineDistrust(command.command("distrust").description("edit the list of what is never trusted"), shell);
}
