/** The mirror of a command that needs one. */
import type { Command } from "commander";
import { EngineError } from "../../core/errors.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";
import type { CommandIO } from "../command.ts";
import { fromEnvironment, orVariable } from "../environment.ts";
import { type LimitOptions, readLimits } from "./limit-flags.ts";

export interface StoreOptions extends LimitOptions {
  readonly store?: string;
}

type StoreIO = Pick<CommandIO, "env" | "used" | "limits" | "host" | "now">;

/** This process, for those who find the mirror busy. */
export const lockHolder = ({ host, now }: Pick<CommandIO, "host" | "now">) => ({
  pid: host.pid,
  host: host.name,
  since: now().toISOString(),
  ...(host.command === undefined ? {} : { command: host.command }),
});

/** Adds `--store`. */
export const addStoreOption = (command: Command): Command =>
  command.option("--store <dir>", `the mirror's folder ${orVariable("SALLYPORT_STORE")}`);

/**
 * Runs `body` with the mirror open.
 * @throws EngineError `invalid-usage` when no folder is given, and as `openMirror`.
 */
export function withMirror<T>(
  options: StoreOptions,
  io: StoreIO,
  mode: "read" | "write",
  body: (mirror: Mirror) => T,
): T {
  const mirror = openStore(options, io, mode);
  try {
    return body(mirror);
  } finally {
    mirror.close();
  }
}

/** {@link withMirror} for asynchronous work. */
export async function withMirrorAsync<T>(
  options: StoreOptions,
  io: StoreIO,
  mode: "read" | "write",
  body: (mirror: Mirror) => Promise<T>,
): Promise<T> {
  const mirror = openStore(options, io, mode);
  try {
    return await body(mirror);
  } finally {
    mirror.close();
  }
}

function openStore(options: StoreOptions, io: StoreIO, mode: "read" | "write"): Mirror {
  const store = options.store ?? fromEnvironment("SALLYPORT_STORE", io);
  if (store === undefined)
    throw new EngineError("invalid-usage", "no mirror is named: give --store DIR, or set SALLYPORT_STORE", {
      subject: "--store",
    });
  return openMirror(store, { mode, limits: readLimits(options, io), holder: lockHolder(io) });
}
