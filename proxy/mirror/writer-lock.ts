/**
 * One writer at a time: an exclusive lock on a database of its own beside the mirror. The operating system releases it
 * when the process ends, however it ends, so that no stale lock is left. A mirror needs a file system with locks. Who
 * holds it stands in a file beside it, for people.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { openDatabase } from "./sqlite.ts";
import { guarded, toStoreError } from "./store-error.ts";
import { systemCode } from "../system-words.ts";

export interface WriterLock {
  release(): void;
}

/** Whom others are told to wait for. */
export interface LockHolder {
  readonly pid: number;
  /** The machine's name. */
  readonly host: string;
  /** RFC 3339. */
  readonly since: string;
  /** Without its arguments. */
  readonly command?: string;
}

const holderFile = "writer.json";
const lockFile = "writer.lock";
const mostRead = 4096;

/** Who wrote that it holds the lock; the file outlives a process that was killed. */
export function readHolder(folder: string): LockHolder | undefined {
  try {
    const text = readFileSync(join(folder, holderFile), "utf8").slice(0, mostRead);
    const { pid, host, since, command } = JSON.parse(text);
    if (!Number.isSafeInteger(pid) || typeof host !== "string" || typeof since !== "string") return undefined;
    return {
      pid,
      host: host.slice(0, 255),
      since: since.slice(0, 40),
      ...(typeof command === "string" ? { command: command.slice(0, 100) } : {}),
    };
  } catch (error) {
    // Nobody wrote it, or it is being written: then nobody knows who holds the lock.
    if (!(error instanceof SyntaxError) && systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** For people: `mirror add, process 4711 on node-3, since 2026-11-30T03:00:00Z,`. */
function holderText(folder: string): string {
  const holder = readHolder(folder);
  if (holder === undefined) return "another process";
  const { pid, host, since, command } = holder;
  return `${command === undefined ? "" : `${command}, `}process ${pid} on ${host}, since ${since},`;
}

/** A file of an earlier holder would name the wrong one. */
function tellHolder(folder: string, holder: LockHolder | undefined): void {
  const path = join(folder, holderFile);
  try {
    if (holder === undefined) rmSync(path, { force: true });
    else writeFileSync(path, `${JSON.stringify(holder)}\n`);
  } catch (error) {
    // A lock without a name still locks, and a full disk is cleared by a writer.
    if (systemCode(error) === undefined) throw error;
  }
}

/** Who writes to a mirror at this moment: `undefined` for nobody, an empty object for somebody without a name. */
export function currentWriter(folder: string): Partial<LockHolder> | undefined {
  const path = join(folder, lockFile);
  if (!existsSync(path)) return undefined;
  const database = guarded(folder, () => openDatabase(path, { readonly: true, timeout: 0 }));
  try {
    // Whoever holds the lock keeps readers out of this file, too.
    guarded(folder, () => database.prepare("SELECT 1 FROM sqlite_schema").get());
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "mirror-busy") throw error;
    return readHolder(folder) ?? {};
  } finally {
    database.close();
  }
}

/**
 * Takes the lock of a mirror's folder, waiting for at most `waitMs`.
 * @throws EngineError `mirror-busy` while another writer holds it.
 */
export function lockWriter(folder: string, waitMs: number, holder?: LockHolder): WriterLock {
  const database = guarded(folder, () => openDatabase(join(folder, lockFile), { timeout: waitMs }));
  try {
    database.exec("BEGIN EXCLUSIVE");
    tellHolder(folder, holder);
  } catch (error) {
    database.close();
    const stored = toStoreError(error, folder);
    if (!(stored instanceof EngineError) || stored.code !== "mirror-busy") throw stored;
    throw new EngineError(
      "mirror-busy",
      `${holderText(folder)} writes to this mirror: wait until it is done, or stop it`,
      {
        subject: folder,
        cause: error,
      },
    );
  }
  return {
    release() {
      if (holder !== undefined) rmSync(join(folder, holderFile), { force: true });
      database.close();
    },
  };
}
