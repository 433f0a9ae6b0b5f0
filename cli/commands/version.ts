/** `sallyport version`. */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { type OutputOptions, outputOption } from "../input/output-flag.ts";
import { isDocumentFormat, renderDocument } from "../render/document.ts";
import { version } from "../version.ts";

export function define(command: Command, { io, finish }: Shell): void {
  command.addOption(outputOption()).action(({ output }: OutputOptions) => {
    io.out(isDocumentFormat(output) ? renderDocument("Version", { version }, output) : `sallyport ${version}\n`);
    finish(0);
  });
}
