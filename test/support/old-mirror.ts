/**
 * Mirrors of every schema that there ever was, as a version of the program that had it would have written them: text
 * dumps in `test/fixtures/mirror-schemas`, one image with a list of referrers, and a row of every other kind.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { temporaryFolder } from "./temporary-mirror.ts";

/** The folder of a mirror of this schema, in rest. */
export function oldMirror(version: number): string {
  const folder = temporaryFolder();
  const database = new Database(join(folder, "mirror.db"));
  database.exec(readFileSync(`test/fixtures/mirror-schemas/schema-${version}.dump`, "utf8"));
  database.close();
  return folder;
}
