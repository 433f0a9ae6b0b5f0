/**
 * The program, with `start/` the only user of `process`. Files, streams, environment and clock become a `CommandIO`.
 */
import { hostname } from "node:os";
import { remedies } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { colourFlag } from "./colour-flag.ts";
import type { CommandIO } from "./command.ts";
import { exitOf } from "./exit-code.ts";
import { entryKind, listFolder, pathKind, readFile, writeFile } from "./file-system.ts";
import { systemReason } from "../proxy/system-words.ts";
import { runCommandLine } from "./program.ts";
import { tellProblem } from "./render/problem.ts";

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

/** The width of text: COLUMNS if it is set, else the terminal's width, else 80. */
function columnsOf(stream: NodeJS.WriteStream): number {
  const said = Number(process.env.COLUMNS);
  if (Number.isInteger(said) && said > 0) return said;
  return stream.isTTY === true && stream.columns > 0 ? stream.columns : 80;
}

let hasStatus = false;

/** A line that is rewritten: to the beginning of the line, and without what stood there. */
function showStatus(line: string): void {
  if (line === "" && !hasStatus) return;
  hasStatus = line !== "";
  process.stderr.write(`\r\u001b[K${line}`);
}

const io: CommandIO = {
  out: (text) => {
    showStatus("");
    process.stdout.write(text);
  },
  err: (text) => {
    showStatus("");
    process.stderr.write(text);
  },
  readFile,
  listFolder,
  pathKind,
  entryKind,
  writeFile,
  env: process.env,
  used: new Set(),
  now: () => new Date(),
  colour: { out: showsColour(process.stdout), err: showsColour(process.stderr) },
  width: { out: columnsOf(process.stdout), err: columnsOf(process.stderr) },
  unicode: /utf-?8/i.test(process.env.LC_ALL || process.env.LC_CTYPE || process.env.LANG || ""),
  host: {
    pid: process.pid,
    name: hostname(),
    runtime: { node: process.versions.node, platform: process.platform, arch: process.arch },
    onSignal: (name, act) => {
      process.on(name, act);
      return () => void process.off(name, act);
    },
    endNow: (code) => process.exit(code),
    errWaits: () => process.stderr.writableLength,
    isTerminal: process.stderr.isTTY === true,
    isOutTerminal: process.stdout.isTTY === true,
    status: process.stderr.isTTY === true && process.env.TERM !== "dumb" ? showStatus : () => undefined,
  },
  limits: defaultLimits,
};

/** The exit code of a program that SIGPIPE ended. */
const readerIsGone = 141;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(readerIsGone);
  const text = `the answer cannot be written: ${systemReason(error)}`;
  tellProblem({ code: "invalid-usage", what: text, fix: remedies.disk }, io);
  process.exit(exitOf("invalid-usage"));
});
// What cannot be said on stderr is lost, but the answer and the exit code are not.
process.stderr.on("error", () => undefined);

/** `start/entry.ts` awaits it. */
export const finished: Promise<void> = runCommandLine(process.argv.slice(2), io).then((code) => {
  process.exitCode = code;
});
