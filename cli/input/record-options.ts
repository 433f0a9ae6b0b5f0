/** The flags of a command that can record what it decides. Source: docs/spec/record.md#recording. */
import type { Command } from "commander";

export interface RecordOptions {
  readonly record?: string;
  readonly recordKey?: string;
}

export const addRecordOptions = (command: Command): Command =>
  command
    .option("--record <dir>", "write the record of each decision into this folder, for sallyport replay")
    .option(
      "--record-key <file>",
      "with --record: the private key that signs them, ECDSA P-256, PEM or cosign.key; its password: COSIGN_PASSWORD",
    );
