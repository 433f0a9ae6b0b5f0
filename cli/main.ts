#!/usr/bin/env node
/** The program: the only user of `process`. Files, streams, environment and clock become a `CommandIO`. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { EngineError } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { colourFlag } from "./colour-flag.ts";
import type { CommandIO } from "./command.ts";
import { runCommandLine } from "./program.ts";

const systemCode = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

const systemTexts: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is no folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only",
  ENAMETOOLONG: "the name is too long",
};

/** What the operating system reports, with its code for those who look it up. */
const systemWords = (code: string): string =>
  Object.hasOwn(systemTexts, code) ? `${systemTexts[code]} (${code})` : code;

/** A path that cannot be used is wrong usage. Any other failure here is a bug and is rethrown. */
function withPath<T>(path: string, doing: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new EngineError(
      "invalid-usage",
      `cannot ${doing} ${path === "-" ? "standard input" : path}: ${systemWords(systemCode(error))}`,
      { subject: path, remedy: /^(?:ENOSPC|EDQUOT|EIO)$/.test(systemCode(error)) ? "disk" : "path" },
    );
  }
}

function pathKind(path: string): "file" | "folder" | "none" {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? "none" : found.isDirectory() ? "folder" : "file";
}

/**
 * `--color`, `--no-color` and environment variables, per stream. `TERM=dumb` or no terminal mean no colour. Source:
 * docs/spec/command-line.md#colour.
 */
function showsColour(stream: NodeJS.WriteStream): boolean {
  const { env, argv } = process;
  const isTerminal = stream.isTTY === true;
  if (colourFlag(argv.slice(2)) === "auto") return isTerminal;
  if (env.NO_COLOR) return false;
  if ((env.FORCE_COLOR ?? env.CLICOLOR_FORCE ?? "0") !== "0") return true;
  return env.CLICOLOR !== "0" && env.TERM !== "dumb" && isTerminal;
}

const io: CommandIO = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  readFile: (path) => new Uint8Array(withPath(path, "read", () => readFileSync(path === "-" ? 0 : path))),
  listFolder: (path) => withPath(path, "list", () => readdirSync(path)).sort(),
  pathKind: (path) => withPath(path, "find", () => pathKind(path)),
  writeFile: (path, text) => withPath(path, "write", () => writeFileSync(path, text)),
  env: process.env,
  now: () => new Date(),
  colour: { out: showsColour(process.stdout), err: showsColour(process.stderr) },
  unicode: !/^(C|POSIX)$/.test(process.env.LC_ALL ?? process.env.LC_CTYPE ?? process.env.LANG ?? ""),
  limits: defaultLimits,
};

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // The reader closed the pipe, so no message can reach it.
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

process.exitCode = await runCommandLine(process.argv.slice(2), io);
