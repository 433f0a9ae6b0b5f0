/** `--at` of commands that show how things are: as they would be at another time. Source: docs/spec/command-line.md. */
import type { Command } from "commander";
import type { CommandIO } from "../command.ts";
import { say } from "../render/say.ts";
import { toUtcText } from "../render/time.ts";
import { parseTimeFlag } from "./knowledge.ts";

export interface AtOptions {
  readonly at?: string;
}

export const addAtOption = (command: Command): Command =>
  command.option("--at <time>", "show it as it would be at this time (RFC 3339)");

/** The clock that counts: that of the machine, or the time that was asked for, which is said. */
export function withTime({ at }: AtOptions, io: CommandIO): CommandIO {
  if (at === undefined) return io;
  const now = parseTimeFlag(at, "--at");
  say(`shown as of ${toUtcText(now)}, not now`, io);
  return { ...io, now: () => now };
}
