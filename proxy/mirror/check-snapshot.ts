/**
 * Whether a file that came from elsewhere is the mirror that its statement describes; one of an older schema is brought
 * up to date. Source: docs/spec/snapshot.md.
 */
import { rmSync } from "node:fs";
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { ContentId } from "./content-id.ts";
import { migrate, refuseNewer, schemaVersion } from "./migrate.ts";
import { checkHeader, knownMigrations } from "./open-mirror.ts";
import { openDatabase } from "./sqlite.ts";
import { migrations } from "./statements.ts";
import { guarded } from "./store-error.ts";

export interface StatedMirror {
  readonly contentId: Digest;
  readonly schema: number;
}

/**
 * @throws EngineError `archive-corrupt` where it is another one, damaged or no mirror, `mirror-version` where a newer
 * program wrote it.
 */
export function checkSnapshotFile(path: string, stated: StatedMirror): void {
  try {
    if (!checkHeader(path)) throw new EngineError("mirror-corrupt", "there is no file");
    guarded(path, () => check(path, stated));
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "mirror-corrupt") throw error;
    throw new EngineError("archive-corrupt", error.message, { subject: path, cause: error });
  }
}

function check(path: string, { contentId, schema }: StatedMirror): void {
  const wrong = (why: string): EngineError => new EngineError("archive-corrupt", why, { subject: path });
  const database = openDatabase(path, { fileMustExist: true });
  try {
    database.pragma("trusted_schema = OFF");
    database.pragma("cell_size_check = ON");
    if (database.pragma("journal_mode", { simple: true }) === "wal")
      throw wrong("a file with a write-ahead log, which is never whole by itself");
    const found = schemaVersion(database);
    refuseNewer(found, migrations.length, path);
    if (found !== schema) throw wrong(`its schema is ${found}, and the statement says ${schema}`);
    const report = database.pragma("quick_check(1)", { simple: true });
    if (report !== "ok") throw wrong(`it is damaged: ${String(report)}`);
    if (found < migrations.length) {
      migrate(database, knownMigrations(), path);
      rmSync(`${path}.schema-${found}`, { force: true });
    }
    if (new ContentId(database, path).get() !== contentId)
      throw wrong("its content is not the one that the statement says");
  } finally {
    database.close();
  }
}
