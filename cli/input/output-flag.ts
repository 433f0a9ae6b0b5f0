/** `-o`: how a command answers. Source: docs/spec/command-line.md#documents. */
import { Option } from "commander";

/** Text for people, and the two forms of the same document; `more` is what a command has besides. */
export const outputOption = (...more: readonly string[]): Option =>
  new Option("-o, --output <format>", "output format").choices(["text", "json", "yaml", ...more]).default("text");

/** The options of a command with nothing but {@link outputOption}. */
export interface OutputOptions {
  readonly output: "text" | "json" | "yaml";
}
