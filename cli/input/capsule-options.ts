/** The flags of a command that can decide from a capsule. Source: docs/spec/capsule.md#reading. */
import type { Command } from "commander";
import { collect } from "../command.ts";

export interface CapsuleOptions {
  readonly capsule?: readonly string[];
  readonly capsuleKey?: readonly string[];
  readonly capsuleFloor?: string;
  readonly allowUnsigned?: boolean;
}

export const addCapsuleOptions = (command: Command): Command =>
  command
    .option("--capsule <file>", "decide from a capsule; a delta after what it changes (repeatable)", collect)
    .option("--capsule-key <file>", "a public key whose capsules are accepted (repeatable)", collect)
    .option("--capsule-floor <n>", "the highest number that was seen before: an older capsule is refused")
    .option("--allow-unsigned", "accept a capsule that nobody signed");
