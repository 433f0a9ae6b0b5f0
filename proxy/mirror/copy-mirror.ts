/**
 * A copy of a mirror as one file that nobody changes any more: no write-ahead log, no journal, and nothing but what
 * other machines may use. Source: docs/spec/snapshot.md#file, https://sqlite.org/lang_vacuum.html#vacuuminto.
 */
import { createHash } from "node:crypto";
import { createReadStream, rmSync, statSync } from "node:fs";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";
import { syncPath } from "../synced.ts";
import { ContentId } from "./content-id.ts";
import { schemaVersion } from "./migrate.ts";
import { openDatabase } from "./sqlite.ts";
import { guarded, guardedFiles } from "./store-error.ts";

export interface MirrorCopy {
  readonly path: string;
  readonly size: number;
  readonly digest: Digest;
  readonly contentId: Digest;
  readonly schema: number;
}

/**
 * What belongs to one machine: what it exported, whose archives it accepts, and what came to it by them. Emptied in the
 * copy; the content id does not depend on them.
 */
const ownTables: readonly string[] = ["imported", "own", "taken", "import_key"];

/**
 * Writes one state of the mirror to `path`, whatever is written meanwhile.
 * @throws EngineError `mirror-busy` when the disk is full; then nothing is left at `path`.
 */
export async function copyMirror(database: Database, path: string): Promise<MirrorCopy> {
  const parts = [path, `${path}-journal`, `${path}-wal`, `${path}-shm`];
  const remove = (): void => {
    for (const part of parts) rmSync(part, { force: true });
  };
  remove();
  try {
    guarded(path, () => database.prepare("VACUUM INTO ?").run(path));
    const facts = guarded(path, () => prepare(path));
    guardedFiles(path, () => syncPath(path));
    return { path, size: statSync(path).size, digest: await digestOfFile(path), ...facts };
  } catch (error) {
    remove();
    throw error;
  }
}

function prepare(path: string): { readonly contentId: Digest; readonly schema: number } {
  const copy = openDatabase(path, { fileMustExist: true });
  try {
    copy.pragma("journal_mode = OFF");
    const held = ownTables.filter((name) => hasTable(copy, name));
    for (const name of held) copy.exec(`DELETE FROM ${name}`);
    // What was deleted must not be left in free pages.
    if (held.length > 0) copy.exec("VACUUM");
    return { contentId: new ContentId(copy, path).get(), schema: schemaVersion(copy) };
  } finally {
    copy.close();
  }
}

const hasTable = (database: Database, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name) !== undefined;

/** The digest of a file of any size. */
async function digestOfFile(path: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return `sha256:${hash.digest("hex")}`;
}
