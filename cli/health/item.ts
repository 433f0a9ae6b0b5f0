/**
 * One thing that `status` or `doctor` looked at: how it is, since when, until when, and the command that mends it.
 * Source: docs/spec/command-line.md#status-and-doctor.
 */
import type { ErrorCode } from "../../core/errors.ts";

/**
 * `warning` and `critical`: still in order, and not for long. `stale`: too old. `failed`: not in order. `skipped`: it
 * could not be looked at, or nobody asked.
 */
export type ItemState = "ok" | "warning" | "critical" | "stale" | "failed" | "skipped";

export interface Item {
  readonly name: string;
  /** Which of several: a trusted root, a log, a host. */
  readonly subject?: string;
  readonly state: ItemState;
  /** For people. */
  readonly text: string;
  readonly code?: ErrorCode;
  /** Since when it is so, or as of when. */
  readonly at?: Date;
  /** When it ends to be in order. */
  readonly until?: Date;
  /** A command. */
  readonly fix?: string;
}

const hour = 3_600_000;

/** By the time that is left, in milliseconds, and the whole time, where it is known. */
export function levelOf(left: number, whole = Number.NaN): "ok" | "warning" | "critical" {
  if (left <= 24 * hour) return "critical";
  return left <= 72 * hour || left <= whole / 4 ? "warning" : "ok";
}

/** For documents. */
export const toItemJson = ({ at, until, ...item }: Item, now: Date) => ({
  ...item,
  ...(at === undefined ? {} : { at: at.toISOString() }),
  ...(until === undefined
    ? {}
    : { until: until.toISOString(), leftSeconds: Math.floor((until.getTime() - now.getTime()) / 1000) }),
});

/** A folder in a command, if a shell needs no quotes for it. */
export const withStore = (command: string, store: string): string =>
  /^[A-Za-z0-9._:/@+-]+$/.test(store) ? command.replace("STORE", () => store) : command;
