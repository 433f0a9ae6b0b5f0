/**
 * SQLite, the only native module: loaded when a mirror is opened, and not before, so that everything that needs no
 * mirror works without it. Its JavaScript is bundled, because finding a dozen files takes longer than opening a mirror.
 * package.json names one version, so the native part that is installed is the one for it. Source:
 * https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md.
 */
import { createRequire } from "node:module";
import Database from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";

/** Loads a package or a file of one by its name; throws like `require`. */
interface Load {
  (name: string): unknown;
  readonly resolve?: (name: string) => string;
}

interface Sqlite {
  readonly Database: typeof Database;
  /** A file; without it the package looks for its native part. */
  readonly nativeBinding?: string;
}

let loaded: Sqlite | undefined;

/** Where the native part lies: built or fetched by npm, or in the package that is carried across a gap. */
function nativeFiles(): readonly string[] {
  const { platform, arch, versions } = process;
  return ["build/Release", `lib/binding/node-v${versions.modules}-${platform}-${arch}`].map(
    (folder) => `better-sqlite3/${folder}/better_sqlite3.node`,
  );
}

/** The package tries a dozen places, one after the other, and loads two packages for it. */
function findNative({ resolve }: Load): string | undefined {
  for (const file of resolve === undefined ? [] : nativeFiles())
    try {
      return resolve?.(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  return undefined;
}

/**
 * The class of databases.
 * @throws EngineError `invalid-config` where there is no native module for this platform and this Node.
 */
export function loadSqlite(load: Load = createRequire(import.meta.url)): Sqlite {
  try {
    const nativeBinding = findNative(load);
    if (nativeBinding !== undefined) {
      // Now, and not with the first database, so that what is wrong with it is said here.
      load(nativeBinding);
      return { Database, nativeBinding };
    }
    const found = load("better-sqlite3") as typeof Database;
    // The package loads its native part with the first database.
    new found(":memory:").close();
    return { Database: found };
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
  const { Database: found, nativeBinding } = loaded;
  return new found(path, nativeBinding === undefined ? options : { ...options, nativeBinding });
}

/** Whether SQLite itself reported this. */
export const isSqliteError = (error: unknown): error is InstanceType<typeof Database.SqliteError> =>
  loaded !== undefined && error instanceof loaded.Database.SqliteError;

/** Makes it one plain file again, unless another process has it open; WAL mode is as safe. */
export function leaveWal(database: Database.Database): void {
  try {
    database.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    // A full disk has no room for the pages: what was committed is in the log, and the next writer brings it over.
    if (!(isSqliteError(error) && error.code.startsWith("SQLITE_FULL"))) throw error;
    return;
  }
  database.pragma("busy_timeout = 0");
  try {
    database.pragma("journal_mode = DELETE");
  } catch (error) {
    if (!(isSqliteError(error) && error.code.startsWith("SQLITE_BUSY"))) throw error;
  }
}
