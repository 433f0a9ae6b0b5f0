/**
 * One writer at a time: an exclusive lock on a database of its own beside the mirror. The operating system releases it
 * when the process ends, however it ends, so that no stale lock is left. A mirror needs a file system with locks. Who
 * holds it stands in a file beside it, for people.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { openDatabase } from "./sqlite.ts";
import { guarded, toStoreError } from "./store-error.ts";

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
}

const holderFile = "writer.json";
const mostRead = 4096;

/** For people: `process 4711 on node-3, since 2026-11-30T03:00:00Z`. */
function holderText(folder: string): string {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(folder, holderFile), "utf8").slice(0, mostRead));
    if (Number.isSafeInteger(pid) && typeof host === "string" && typeof since === "string")
      return `process ${pid} on ${host.slice(0, 255)}, since ${since.slice(0, 40)},`;
  } catch (error) {
    // Nobody wrote it, or it is being written: then nobody knows who holds the lock.
    if (!(error instanceof SyntaxError) && !(error instanceof Error && "code" in error)) throw error;
  }
  return "another process";
}

/** A file of an earlier holder would name the wrong one. */
function tellHolder(folder: string, holder: LockHolder | undefined): void {
  const path = join(folder, holderFile);
  guarded(folder, () => {
    if (holder === undefined) rmSync(path, { force: true });
    else writeFileSync(path, `${JSON.stringify(holder)}\n`);
  });
}

/**
 * Takes the lock of a mirror's folder, waiting for at most `waitMs`.
 * @throws EngineError `mirror-busy` while another writer holds it.
 */
export function lockWriter(folder: string, waitMs: number, holder?: LockHolder): WriterLock {
  const database = guarded(folder, () => openDatabase(join(folder, "writer.lock"), { timeout: waitMs }));
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
