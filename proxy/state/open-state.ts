/**
 * Opening what an instance remembers. A file that is damaged, or is not ours, is moved to `state.db.set-aside`, and a
 * new one is begun: nothing in it decides anything. It is written as the mirror is: a commit is on the disk when a call
 * returns, but for {@link State.useUnsynced}.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { migrate, refuseNewer, schemaVersion } from "../mirror/migrate.ts";
import { openDatabase } from "../mirror/sqlite.ts";
import { corrupt, guarded, guardedFiles } from "../mirror/store-error.ts";
import { systemCode } from "../system-words.ts";
import { State } from "./state.ts";
import { stateMigrations } from "./state-statements.ts";

export interface OpenStateOptions {
  readonly limits: Limits;
  /** Hears why a file was set aside, and where it is now. */
  readonly setAside: (why: string, path: string) => void;
}

const file = "state.db";
const applicationId = 0x53414c53;
const magic = "SQLite format 3\0";
/** Nobody writes for long; a server must not stand still for others. */
const busyMs = 1000;

const isOurs = (error: unknown): error is EngineError =>
  error instanceof EngineError && error.code === "mirror-corrupt";

/**
 * Opens it for writing; several processes may.
 * @throws EngineError `mirror-version` for the file of a newer program, which is left as it is; `invalid-usage` and
 * `mirror-busy` when it cannot be written.
 */
export function openState(folder: string, { limits, setAside }: OpenStateOptions): State {
  const path = join(folder, file);
  const renew = (why: string): Database => {
    const aside = `${path}.set-aside`;
    guardedFiles(path, () => moveAside(path, aside));
    setAside(why, aside);
    return openForWriting(path);
  };
  guardedFiles(folder, () => makeFolder(folder));
  let database: Database;
  try {
    database = openForWriting(path);
  } catch (error) {
    if (!isOurs(error)) throw error;
    database = renew(error.message);
  }
  return new State({ path, database, limits, renew });
}

/**
 * Opens it for reading; `undefined`: nothing is remembered there.
 * @throws EngineError `mirror-corrupt`, `mirror-version`, `invalid-usage`.
 */
export function findState(folder: string, limits: Limits): State | undefined {
  const path = join(folder, file);
  if (!checkFile(path)) return undefined;
  const database = guarded(path, () => openDatabase(path, { readonly: true, fileMustExist: true, timeout: busyMs }));
  try {
    harden(database, path);
    const version = guarded(path, () => schemaVersion(database));
    refuseNewer(version, stateMigrations.length, path);
    if (version === 0) {
      // It was begun, and nothing was written.
      database.close();
      return undefined;
    }
    if (version < stateMigrations.length)
      throw new EngineError("mirror-version", "this file is of an older program: the next serve brings it up to date", {
        subject: path,
        remedy: "older-state",
      });
  } catch (error) {
    database.close();
    throw error;
  }
  return new State({ path, database, limits });
}

function openForWriting(path: string): Database {
  checkFile(path);
  const database = guarded(path, () => openDatabase(path, { timeout: busyMs }));
  try {
    harden(database, path);
    guarded(path, () => {
      refuseNewer(schemaVersion(database), stateMigrations.length, path);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      migrate(database, stateMigrations, path);
    });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A damaged or foreign file's schema must not run code, and cells are checked as pages are read. */
const harden = (database: Database, path: string): void =>
  guarded(path, () => {
    database.pragma("trusted_schema = OFF");
    database.pragma("cell_size_check = ON");
  });

/**
 * Whether there is a file; an empty one is one that was begun.
 * @throws EngineError `mirror-corrupt` when it is something else, `invalid-usage` when it cannot be read.
 */
function checkFile(path: string): boolean {
  let handle: number;
  try {
    // A pipe in the file's place must not be waited for.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw new EngineError("invalid-usage", `this file cannot be read (${systemCode(error)})`, {
      subject: path,
      cause: error,
      remedy: "store-access",
    });
  }
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw corrupt(path, "this is no regular file");
    if (stat.size === 0) return true;
    const header = Buffer.alloc(100);
    const length = readSync(handle, header, 0, header.length, 0);
    if (length < header.length || header.toString("latin1", 0, magic.length) !== magic)
      throw corrupt(path, "the file is cut off or is no SQLite file");
    const id = header.readUInt32BE(68);
    // In WAL mode the first page of a new file may be in the log alone.
    if (id !== applicationId && !(id === 0 && existsSync(`${path}-wal`)))
      throw corrupt(path, "an SQLite file that sallyport did not make");
    return true;
  } finally {
    closeSync(handle);
  }
}

/** Its log goes with it: in a new file it would be damage. The last one that was set aside is kept. */
function moveAside(path: string, aside: string): void {
  for (const ending of ["", "-wal", "-shm", "-journal"]) {
    rmSync(`${aside}${ending}`, { force: true, recursive: true });
    if (existsSync(`${path}${ending}`)) renameSync(`${path}${ending}`, `${aside}${ending}`);
  }
}
