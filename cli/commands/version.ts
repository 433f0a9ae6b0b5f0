/** `sallyport version`. */
import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { version } from "../version.ts";

export function define(command: Command, { io, finish }: Shell): void {
  command.option("-o, --output <format>", "text or json", "text").action((options: { readonly output: string }) => {
    io.out(
      options.output === "json"
        ? `${JSON.stringify({ apiVersion: "sallyport.dev/v1", kind: "Version", version })}\n`
        : `sallyport ${version}\n`,
    );
    finish(0);
  });
}
