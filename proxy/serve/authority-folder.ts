/** The folder `tls` of a store, in which authorities of own certificates are kept. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { makeFolder } from "../make-folder.ts";
import type { Keep } from "./own-certificate.ts";

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);

function within<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new EngineError(
      "invalid-config",
      `own certificates cannot be kept in the store (${codeOf(error)}): make it writable, or set tls.from: files`,
      { subject: path, cause: error },
    );
  }
}

export function authorityFolder(store: string): Keep {
  const folder = join(store, "tls");
  /** Whole or not at all. */
  const written = (name: string, text: string, mode: number): string => {
    const path = join(folder, `.${name}.new`);
    makeFolder(folder);
    rmSync(path, { force: true });
    writeFileSync(path, text, { mode, flush: true });
    return path;
  };
  return {
    read: (name) => within(join(folder, name), () => readIfThere(join(folder, name))),
    create: (name, text) =>
      within(join(folder, name), () => {
        const fresh = written(name, text, 0o600);
        try {
          linkSync(fresh, join(folder, name));
          return true;
        } catch (error) {
          if (codeOf(error) === "EEXIST") return false;
          throw error;
        } finally {
          rmSync(fresh, { force: true });
        }
      }),
    publish: (name, text) =>
      within(join(folder, name), () => {
        // Other readers of the store publish the same: what stands there already needs no right to write.
        if (readIfThere(join(folder, name)) !== text) renameSync(written(name, text, 0o644), join(folder, name));
      }),
  };
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
