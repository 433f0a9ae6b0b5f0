/** The mirror of a command that needs one. */
import type { Command } from "commander";
import { EngineError } from "../../core/index.ts";
import { type Mirror, openMirror } from "../../proxy/index.ts";
import type { CommandIO } from "../command.ts";

export interface StoreOptions {
  readonly store?: string;
}

/** Adds `--store`. */
export const addStoreOption = (command: Command): Command => command.option("--store <dir>", "the mirror's folder (env: SALLYPORT_STORE)");

/**
 * Runs `body` with the mirror open.
 * @throws EngineError `invalid-usage` when no folder is given, and as `openMirror`.
 */
export function withMirror<T>(options: StoreOptions, { env }: Pick<CommandIO, "env">, mode: "read" | "write", body: (mirror: Mirror) => T): T {
  const store = options.store ?? (env.SALLYPORT_STORE || undefined);
  if (store === undefined) throw new EngineError("invalid-usage", "which mirror? give --store DIR, or set SALLYPORT_STORE", { subject: "--store" });
  const mirror = openMirror(store, { mode });
  try {
    return body(mirror);
  } finally {
    mirror.close();
  }
}
