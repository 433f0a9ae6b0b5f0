/**
 * One writer at a time: an exclusive lock on a database of its own beside the mirror. The operating system releases it
 * when the process ends, however it ends, so that no stale lock is left. A mirror needs a file system with locks.
 */
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";
import { openDatabase } from "./sqlite.ts";
import { guarded, toStoreError } from "./store-error.ts";

export interface WriterLock {
  release(): void;
}

/**
 * Takes the lock of a mirror's folder, waiting for at most `waitMs`.
 * @throws EngineError `mirror-busy` while another writer holds it.
 */
export function lockWriter(folder: string, waitMs: number): WriterLock {
  const database = guarded(folder, () => openDatabase(join(folder, "writer.lock"), { timeout: waitMs }));
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    const stored = toStoreError(error, folder);
    if (!(stored instanceof EngineError) || stored.code !== "mirror-busy") throw stored;
    throw new EngineError("mirror-busy", "another process writes to this mirror: wait until it is done, or stop it", {
      subject: folder,
      cause: error,
    });
  }
  return { release: () => database.close() };
}
