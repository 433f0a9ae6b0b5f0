#!/usr/bin/env node
/** The program: the only user of `process`. Files, streams, environment and clock become a `CommandIO`. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { EngineError, remedies } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { colourFlag } from "./colour-flag.ts";
import type { CommandIO } from "./command.ts";
import { exitOf } from "./exit-code.ts";
import { runCommandLine } from "./program.ts";
import { tellProblem } from "./render/problem.ts";

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

/** The width that COLUMNS says, else the terminal's; where there is none, 80, as everywhere. */
function columnsOf(stream: NodeJS.WriteStream): number {
  const said = Number(process.env.COLUMNS);
  if (Number.isInteger(said) && said > 0) return said;
  return stream.isTTY === true && stream.columns > 0 ? stream.columns : 80;
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
  width: { out: columnsOf(process.stdout), err: columnsOf(process.stderr) },
  unicode: /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ""),
  limits: defaultLimits,
};

/** As a program ends that does not handle SIGPIPE. */
const readerIsGone = 141;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(readerIsGone);
  const text = `the answer cannot be written: ${systemWords(systemCode(error))}`;
  tellProblem({ code: "invalid-usage", what: text, fix: remedies.disk }, io);
  process.exit(exitOf("invalid-usage"));
});
// What cannot be said on stderr is lost, but the answer and the exit code are not.
process.stderr.on("error", () => undefined);

process.exitCode = await runCommandLine(process.argv.slice(2), io);
