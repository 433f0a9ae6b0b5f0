/** Errors of SQLite and the file system as codes of this program. Source: SQLite result codes. */
import { EngineError, type ErrorCode, type Remedy } from "../../core/errors.ts";
import { systemCode } from "../system-words.ts";
import { isSqliteError } from "./sqlite.ts";

const byPrefix: readonly (readonly [string, ErrorCode, string, Remedy?])[] = [
  ["SQLITE_BUSY", "mirror-busy", "another process holds the mirror"],
  ["SQLITE_LOCKED", "mirror-busy", "another process holds the mirror"],
  ["SQLITE_FULL", "mirror-busy", "the disk is full, nothing of this was stored", "disk"],
  [
    "SQLITE_IOERR_LOCK",
    "invalid-usage",
    "the file system has no locks: keep the mirror on a local disk",
    "store-access",
  ],
  ["SQLITE_PROTOCOL", "invalid-usage", "the file system's locks fail: keep the mirror on a local disk", "store-access"],
  ["SQLITE_IOERR", "mirror-corrupt", "the disk does not read or write", "disk"],
  ["SQLITE_READONLY", "invalid-usage", "the mirror cannot be written", "store-access"],
  ["SQLITE_CANTOPEN", "invalid-usage", "the mirror cannot be opened", "store-access"],
  ["SQLITE_PERM", "invalid-usage", "the mirror cannot be opened", "store-access"],
  ["SQLITE_TOOBIG", "over-limit", "too large for a row"],
];

/**
 * The coded form of a failure of SQLite: damage (`mirror-corrupt`) unless the result code says otherwise. Anything else
 * is returned as it is.
 */
export function toStoreError(error: unknown, subject: string): unknown {
  if (!isSqliteError(error)) return error;
  const row = byPrefix.find(([prefix]) => error.code.startsWith(prefix));
  const [, code, why, remedy] = row ?? ["", "mirror-corrupt", "the mirror is damaged"];
  return new EngineError(code, `${why}: ${error.message} (${error.code})`, { subject, cause: error, remedy });
}

/**
 * Runs a use of the database.
 * @throws EngineError as {@link toStoreError} in place of SQLite's own errors.
 */
export function guarded<T>(subject: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw toStoreError(error, subject);
  }
}

const byFileCode: Readonly<Record<string, readonly [ErrorCode, string, Remedy]>> = {
  ENOSPC: ["mirror-busy", "the disk is full, nothing of this was stored", "disk"],
  EDQUOT: ["mirror-busy", "the quota of the disk is used up, nothing of this was stored", "disk"],
  EIO: ["mirror-corrupt", "the disk does not read or write", "disk"],
  EROFS: ["invalid-usage", "the mirror cannot be written", "store-access"],
  EACCES: ["invalid-usage", "the mirror cannot be written", "store-access"],
  EPERM: ["invalid-usage", "the mirror cannot be written", "store-access"],
  EFBIG: ["mirror-busy", "the disk takes no file of this size, nothing of this was stored", "disk"],
  EEXIST: ["invalid-usage", "something else has the name of a folder or file of the mirror", "store-access"],
  ENOTDIR: ["invalid-usage", "something else has the name of a folder or file of the mirror", "store-access"],
  EISDIR: ["invalid-usage", "something else has the name of a folder or file of the mirror", "store-access"],
};

/**
 * Runs a use of files beside the database.
 * @throws EngineError in place of the operating system's errors that an operator can do something about.
 */
export function guardedFiles<T>(subject: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const system = systemCode(error);
    const row = system === undefined || error instanceof EngineError ? undefined : byFileCode[system];
    if (row === undefined) throw error;
    const [code, why, remedy] = row;
    throw new EngineError(code, `${why} (${system})`, { subject, cause: error, remedy });
  }
}

/** Damage to what the mirror holds. */
export const corrupt = (subject: string, why: string, cause?: unknown): EngineError =>
  new EngineError("mirror-corrupt", why, { subject, cause });
