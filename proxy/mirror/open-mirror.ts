/**
 * Opening a mirror: one folder with `mirror.db` (SQLite). An incomplete file is refused, never taken for an empty
 * mirror. Written in WAL mode with `synchronous=FULL`: a commit is on the disk when a call returns, even if power fails
 * (NORMAL would be ten times faster for single rows, 530 against 5,900 a second, but may lose the last commits then;
 * writers put many rows into one transaction, so the cost does not matter). At rest the file leaves WAL mode, so that
 * it is one plain file that can be read from a read-only disk.
 */
import { closeSync, constants, existsSync, fstatSync, openSync, readSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import type { Limits } from "../../core/limits.ts";
import { makeFolder } from "../make-folder.ts";
import { syncPath } from "../synced.ts";
import { type CurrentSnapshot, findCurrentSnapshot, refuseWriting, snapshotsFolder } from "./current-snapshot.ts";
import { migrate, refuseNewer, schemaVersion } from "./migrate.ts";
import { Mirror } from "./mirror.ts";
import { migrations, sqlText } from "./statements.ts";
import { isSqliteError, openDatabase } from "./sqlite.ts";
import { corrupt, guarded, guardedFiles } from "./store-error.ts";
import { systemCode, systemReason } from "../system-words.ts";
import { type LockHolder, lockWriter } from "./writer-lock.ts";

export interface OpenMirrorOptions {
  /** `write` creates what is missing and keeps every other writer out; there may be any number of readers. */
  readonly mode: "read" | "write";
  /** How long to wait for the lock or a busy file, in milliseconds. Default 0 for the writer's lock. */
  readonly waitMs?: number;
  readonly limits: Limits;
  /** Who writes, for those who find the mirror busy. */
  readonly holder?: LockHolder;
}

const file = "mirror.db";
/** `SALY`: marks the file as a mirror among SQLite files. */
const applicationId = 0x53414c59;
const magic = "SQLite format 3\0";
const busyMs = 5000;

/**
 * Opens the mirror in `folder`; where a snapshot is there, for reading only.
 * @throws EngineError `mirror-corrupt` when the file is damaged or no mirror, `mirror-version` when its schema does not
 * fit, `mirror-busy` while another writer has it, `invalid-usage` when there is no mirror to read or it cannot be
 * accessed.
 */
export function openMirror(folder: string, options: OpenMirrorOptions): Mirror {
  const { limits } = options;
  return options.mode === "read"
    ? recovering(folder, options, () => openReader(folder, options.waitMs ?? busyMs, limits))
    : openWriter(folder, options.waitMs ?? 0, limits, options.holder);
}

/**
 * A writer that was killed while it opened or closed the file leaves a journal, which only a writer may roll back: then
 * this is one for a moment.
 */
function recovering(folder: string, options: OpenMirrorOptions, open: () => Mirror): Mirror {
  try {
    return open();
  } catch (error) {
    const cause = error instanceof EngineError ? error.cause : undefined;
    if (!isSqliteError(cause) || cause.code !== "SQLITE_READONLY_ROLLBACK") throw error;
    openMirror(folder, { ...options, mode: "write" }).close();
    return open();
  }
}

function openReader(folder: string, waitMs: number, limits: Limits): Mirror {
  const snapshot = findCurrentSnapshot(folder, limits);
  try {
    return openFile(folder, snapshot, waitMs, limits);
  } catch (error) {
    // Another one may have taken its place since, and files of earlier ones are removed.
    if (snapshot === undefined || findCurrentSnapshot(folder, limits)?.file === snapshot.file) throw error;
    return openReader(folder, waitMs, limits);
  }
}

function openFile(folder: string, snapshot: CurrentSnapshot | undefined, waitMs: number, limits: Limits): Mirror {
  const path = snapshot === undefined ? join(folder, file) : join(folder, snapshotsFolder, snapshot.file);
  if (!checkHeader(path)) {
    if (snapshot !== undefined) throw corrupt(path, "the file of the snapshot is gone");
    throw new EngineError("invalid-usage", "there is no mirror in this folder", {
      subject: folder,
      remedy: "no-mirror",
    });
  }
  const database = guarded(folder, () => openDatabase(path, { readonly: true, fileMustExist: true, timeout: waitMs }));
  return opened(folder, database, () => {
    const version = schemaVersion(database);
    refuseNewer(version, migrations.length, folder);
    if (version < migrations.length)
      throw new EngineError(
        "mirror-version",
        `the mirror has schema ${version}, this program reads ${migrations.length}: ${
          snapshot === undefined
            ? "the next command that writes to it brings it up to date"
            : "sallyport snapshot pull brings it here again, up to date"
        }`,
        { subject: folder, remedy: snapshot === undefined ? "older-mirror" : "older-snapshot" },
      );
    return new Mirror({ folder, path, database, limits, ...(snapshot === undefined ? {} : { snapshot }) });
  });
}

/**
 * Whether the mirror in a folder can be read by this version of the program: not where it is damaged, or of another
 * schema.
 * @throws EngineError why it cannot be told, such as rights that are missing.
 */
export function canBeRead(folder: string, limits: Limits): boolean {
  try {
    openMirror(folder, { mode: "read", limits }).close();
    return true;
  } catch (error) {
    if (!(error instanceof EngineError) || !["mirror-version", "mirror-corrupt"].includes(error.code)) throw error;
    return false;
  }
}

function openWriter(folder: string, waitMs: number, limits: Limits, holder: LockHolder | undefined): Mirror {
  makeStore(folder);
  const lock = lockWriter(folder, waitMs, holder);
  const path = join(folder, file);
  try {
    refuseWriting(folder, limits);
    if (!checkHeader(path)) guardedFiles(folder, () => create(folder));
    const database = guarded(folder, () => openDatabase(path, { fileMustExist: true, timeout: busyMs }));
    return opened(folder, database, () => {
      refuseNewer(schemaVersion(database), migrations.length, folder);
      database.pragma("journal_mode = WAL");
      database.pragma("synchronous = FULL");
      // KiB. Pages that do not fit are written before the commit, and once more by it.
      database.pragma("cache_size = -32768");
      migrate(database, knownMigrations(), path);
      return new Mirror({ folder, path, database, limits, lock });
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Finishes opening; a connection that does not become a mirror is closed. */
function opened(folder: string, database: Database, finish: () => Mirror): Mirror {
  try {
    return guarded(folder, () => {
      // A damaged or foreign file's schema must not run code, and cells are checked as pages are read.
      database.pragma("trusted_schema = OFF");
      database.pragma("cell_size_check = ON");
      return finish();
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

export const knownMigrations = () => migrations.map((name) => ({ name, sql: sqlText(name) }));

const noFolder = (path: string): EngineError =>
  new EngineError("invalid-usage", "this is a file, and a mirror is a folder", {
    subject: path,
    remedy: "mirror-file",
  });

/**
 * Whether there is a mirror's file.
 * @throws EngineError `mirror-corrupt` when the file is something else, `invalid-usage` when it cannot be read.
 */
export function checkHeader(path: string): boolean {
  let handle: number;
  try {
    // A pipe in the file's place must not be waited for.
    handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === "ENOTDIR") throw noFolder(dirname(path));
    if (systemCode(error) !== "ENOENT")
      throw new EngineError("invalid-usage", `the mirror's file cannot be read: ${systemReason(error)}`, {
        subject: path,
        cause: error,
      });
    if (existsSync(`${path}-wal`)) throw corrupt(path, "the mirror's file is gone, but its write-ahead log is there");
    return false;
  }
  try {
    if (!fstatSync(handle).isFile()) throw corrupt(path, "no regular file in place of the mirror's file");
    const header = Buffer.alloc(100);
    const length = readSync(handle, header, 0, header.length, 0);
    if (length < header.length || header.toString("latin1", 0, magic.length) !== magic)
      throw corrupt(path, "the mirror's file is cut off or is no SQLite file");
    if (header.readUInt32BE(68) !== applicationId) throw corrupt(path, "an SQLite file, but not a mirror");
    return true;
  } finally {
    closeSync(handle);
  }
}

/** Makes an empty mirror beside its place and moves it there whole, so that no crash leaves half a file. */
function create(folder: string): void {
  const path = join(folder, file);
  const fresh = `${path}.new`;
  for (const left of [fresh, `${fresh}-journal`]) rmSync(left, { force: true });
  const database = guarded(folder, () => openDatabase(fresh));
  try {
    guarded(folder, () => {
      database.pragma(`application_id = ${applicationId}`);
      migrate(database, knownMigrations(), fresh);
    });
  } finally {
    database.close();
  }
  syncPath(fresh);
  renameSync(fresh, path);
  syncPath(folder);
}

function makeStore(folder: string): void {
  try {
    makeFolder(folder);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw noFolder(folder);
    throw new EngineError("invalid-usage", `the mirror's folder cannot be made: ${systemReason(error)}`, {
      subject: folder,
      cause: error,
      remedy: "store-access",
    });
  }
}
