/**
 * SQLite, the only native module: loaded when a mirror is opened, and not before, so that everything that needs no
 * mirror works without it. Source: https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md.
 */
import { createRequire } from "node:module";
import type Database from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";

/** Loads a package by its name; throws like `require`. */
type Load = (name: string) => unknown;

let loaded: typeof Database | undefined;

/**
 * The class of databases.
 * @throws EngineError `invalid-config` where there is no native module for this platform and this Node.
 */
export function loadSqlite(load: Load = createRequire(import.meta.url)): typeof Database {
  try {
    const found = load("better-sqlite3") as typeof Database;
    // The package loads its native part with the first database.
    new found(":memory:").close();
    return found;
  } catch (error) {
    const { platform, arch, versions } = process;
    const here = `${platform}-${arch}, Node ${versions.node} (ABI ${versions.modules})`;
    throw new EngineError("invalid-config", `SQLite is not installed for ${here}; a mirror needs it`, {
      cause: error,
      remedy: "sqlite",
    });
  }
}

/** Opens a file of SQLite. */
export function openDatabase(path: string, options: Database.Options = {}): Database.Database {
  loaded ??= loadSqlite();
  return new loaded(path, options);
}

/** Whether SQLite itself reported this. */
export const isSqliteError = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  loaded !== undefined && error instanceof loaded.SqliteError;
