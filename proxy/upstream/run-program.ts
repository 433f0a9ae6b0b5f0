/** Other programs, which give credentials: bounded in time and output, with an environment that is handed in. */
import { execFile } from "node:child_process";
import type { Environment } from "./proxy-choice.ts";

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Its exit code, or the system's code where it could not be run. */
  readonly failure: number | string | undefined;
}

/** Runs a program, with `input` on its standard input. It is found by PATH of `env`. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
  input?: string,
) => Promise<ProgramResult>;

const programMs = 60_000;
const mostOutput = 256 * 1024;

export const runProgram: RunProgram = (program, args, env, signal, input = "") =>
  new Promise((resolve) => {
    const child = execFile(
      program,
      [...args],
      { env: { ...env }, timeout: programMs, maxBuffer: mostOutput, signal, windowsHide: true },
      (failure, stdout, stderr) =>
        resolve({
          stdout,
          stderr,
          failure:
            failure === null ? undefined : (failure.code ?? (failure.killed === true ? "ETIMEDOUT" : failure.name)),
        }),
    );
    // A program that does not read its input, or is not there, is told by its result.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
