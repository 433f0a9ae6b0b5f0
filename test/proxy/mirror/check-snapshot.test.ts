import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { checkSnapshotFile } from "../../../proxy/mirror/check-snapshot.ts";
import type { MirrorCopy } from "../../../proxy/mirror/copy-mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { migrations } from "../../../proxy/mirror/statements.ts";
import { throwsCode } from "../../support/assert.ts";
import { oldMirror } from "../../support/old-mirror.ts";
import { addKey } from "../../support/snapshot-stage.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/check-snapshot");

async function copied(): Promise<MirrorCopy> {
  const folder = writtenMirror((mirror) => addKey(mirror, "a"));
  const mirror = openMirror(folder, { mode: "read", limits: defaultLimits });
  const copy = await mirror.copyTo(join(temporaryFolder(), "copy.db"));
  assert.is(copy.contentId, mirror.contentId());
  mirror.close();
  return copy;
}

const change = (path: string, ...statements: readonly string[]): void => {
  const database = new Database(path);
  for (const statement of statements) database.exec(statement);
  database.close();
};

test("a copy is what its statement says", async () => {
  const copy = await copied();
  assert.is(copy.schema, migrations.length);
  checkSnapshotFile(copy.path, copy);
});

const wrong: readonly (readonly [string, (copy: MirrorCopy) => void])[] = [
  ["another content", ({ path }) => change(path, "DELETE FROM answer")],
  ["a write-ahead log", ({ path }) => change(path, "PRAGMA journal_mode = WAL")],
  ["no database", ({ path }) => writeFileSync(path, "x".repeat(4096))],
  ["empty", ({ path }) => truncateSync(path, 0)],
  ["cut off", ({ path, size }) => truncateSync(path, size - 4096)],
  ["another program's", ({ path }) => change(path, "PRAGMA application_id = 1")],
  ["another schema than was said", ({ path }) => change(path, `PRAGMA user_version = ${migrations.length - 1}`)],
  ["a table is missing", ({ path }) => change(path, "DROP TABLE distrust")],
];
for (const [name, damage] of wrong)
  test(`refused: ${name}`, async () => {
    const copy = await copied();
    damage(copy);
    throwsCode("archive-corrupt", () => checkSnapshotFile(copy.path, copy));
  });

test("a schema of a later program is not read; one of an earlier is brought up to date", async () => {
  const copy = await copied();
  change(copy.path, `PRAGMA user_version = ${migrations.length + 1}`);
  throwsCode("mirror-version", () => checkSnapshotFile(copy.path, { ...copy, schema: migrations.length + 1 }));
  for (const version of [1, 10]) {
    const folder = oldMirror(version);
    const path = join(temporaryFolder(), "old.db");
    copyFileSync(join(folder, "mirror.db"), path);
    // The content id is that of the content, whatever the schema.
    const writer = openMirror(folder, { mode: "write", limits: defaultLimits });
    const contentId = writer.contentId();
    writer.close();
    checkSnapshotFile(path, { contentId, schema: version });
    checkSnapshotFile(path, { contentId, schema: migrations.length });
  }
});

test.run();
