/**
 * The log of a server: one JSON object a line, or one line of text for people. Nothing that holds a secret is given to
 * it. Source: https://getpino.io.
 */
import { pino } from "pino";
import { escapeHidden, escapeHiddenJson } from "../core/encoding/hidden-signs.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  /** Whether lines of this level are written: who has much to say asks first. */
  readonly isDebug: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export interface OpenedLog extends Log {
  /** Writes what waits: nobody calls back once a program has ended. */
  flush(): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "json" | "text";
  /** Receives whole lines, one or several. */
  readonly write: (lines: string) => void;
  readonly now: () => Date;
  /**
   * Calls back when lines have waited long enough, as {@link inGroups}: a write for each takes longer than its line.
   * Warnings and errors are written at once, with what waits before them. Default: nothing waits.
   */
  readonly later?: ((write: () => void) => void) | undefined;
  /** Bytes that `write` was given and nobody has read yet. Default: none wait. */
  readonly behind?: (() => number) | undefined;
}

const longest = 1000;

function fieldText(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const cut = text.length > longest ? `${text.slice(0, longest)}…` : text;
  return /^[^\s"=]+$/.test(cut) ? escapeHidden(cut) : escapeHidden(JSON.stringify(cut));
}

/** `2026-11-23T12:00:00.000Z info  request method=GET status=200`. */
function toText(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([name, value]) => ` ${fieldText(name)}=${fieldText(value)}`);
  return `${String(time)} ${String(level).padEnd(5)} ${escapeHidden(String(msg))}${rest.join("")}\n`;
}

/** More characters than these do not wait. */
const mostWaiting = 64 * 1024;
/**
 * Of a pipe whose reader hangs. Requests are answered all the same, and memory has to last: lines beyond are lost, and
 * the log says how many as soon as somebody reads again.
 */
const mostBehind = 16 * 1024 * 1024;

const gatherMs = 5;

/**
 * Where lines are few, they are written at the end of their turn of the event loop. Where they are many, those of some
 * milliseconds are written together: requests that come one by one have a turn each. `now`: milliseconds of a clock
 * that only goes forward.
 */
export function inGroups(now = (): number => performance.now(), everyMs = gatherMs): (write: () => void) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (write) => {
    const wait = last + everyMs - now();
    const act = (): void => {
      last = now();
      write();
    };
    if (wait <= 0) setImmediate(act);
    else setTimeout(act, wait).unref();
  };
}

export function createLog({ level, format, write: writeNow, now, later, behind = () => 0 }: LogOptions): OpenedLog {
  let lost = 0;
  const write = (lines: string): void => {
    if (behind() > mostBehind) {
      lost += lines.split("\n").length - 1;
      return;
    }
    if (lost > 0) {
      const before = lost;
      lost = 0;
      take = writeNow;
      logger.error({ lines: before }, "nobody read the log for some time, and lines of it are lost");
      take = gather;
    }
    writeNow(lines);
  };
  let waiting = "";
  // To look through many lines at once takes less time.
  const writeEscaped = (lines: string): void => write(format === "json" ? escapeHiddenJson(lines) : lines);
  const writeWaiting = (): void => {
    if (waiting === "") return;
    const lines = waiting;
    waiting = "";
    writeEscaped(lines);
  };
  const gather = (line: string): void => {
    if (later === undefined) {
      writeEscaped(line);
      return;
    }
    if (waiting === "") later(writeWaiting);
    waiting += line;
    if (waiting.length > mostWaiting) writeWaiting();
  };
  let take = gather;
  let last = { ms: Number.NaN, text: "" };
  /** Many lines have the same millisecond, and writing one out takes longer than the rest of a line. */
  const timestamp = (): string => {
    const at = now();
    const ms = at.getTime();
    if (ms !== last.ms) last = { ms, text: `,"time":"${at.toISOString()}"` };
    return last.text;
  };
  const logger = pino(
    {
      level,
      base: null,
      timestamp,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => take(format === "json" ? line : toText(line)) },
  );
  const at =
    (name: LogLevel) =>
    (message: string, fields: LogFields = {}): void =>
      logger[name](fields, message);
  const atOnce = (name: LogLevel) => {
    const log = at(name);
    return (message: string, fields?: LogFields): void => {
      log(message, fields);
      writeWaiting();
    };
  };
  return {
    isDebug: level === "debug",
    debug: at("debug"),
    info: at("info"),
    warn: atOnce("warn"),
    error: atOnce("error"),
    flush: writeWaiting,
  };
}
