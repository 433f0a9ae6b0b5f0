/**
 * Schema versions: numbered migrations, each in its own transaction, after a backup of the file. Source:
 * docs/spec/offline.md#schema-versions.
 */
import { existsSync, rmSync } from "node:fs";
import type { Database } from "better-sqlite3";
import { EngineError } from "../../core/errors.ts";
import { provideRowChecksum } from "./row-checksum.ts";

export interface Migration {
  /** For instance `0002-views`. */
  readonly name: string;
  readonly sql: string;
}

/** The schema version of an open database: how many migrations it has had. */
export const schemaVersion = (database: Database): number => Number(database.pragma("user_version", { simple: true }));

/**
 * Brings the schema up to date; a database that has had a migration is first copied to `BACKUP.schema-N`, N being its
 * version.
 * @throws EngineError `mirror-version` when the schema is newer than `migrations`.
 */
export function migrate(database: Database, migrations: readonly Migration[], backup: string): void {
  const version = schemaVersion(database);
  refuseNewer(version, migrations.length, database.name);
  if (version === migrations.length) return;
  if (version > 0) backUp(database, `${backup}.schema-${version}`);
  provideRowChecksum(database);
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(migration.sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/** @throws EngineError `mirror-version` when a file has had more migrations than this program knows. */
export function refuseNewer(version: number, known: number, subject: string): void {
  if (version > known)
    throw new EngineError(
      "mirror-version",
      `this file has schema ${version}, this program knows ${known}: use a newer version of the program`,
      { subject, remedy: "newer-mirror" },
    );
}

function backUp(database: Database, file: string): void {
  // A half-written backup, left by a crash, must not pass for the original file.
  if (existsSync(file)) rmSync(file);
  database.prepare("VACUUM INTO ?").run(file);
}
