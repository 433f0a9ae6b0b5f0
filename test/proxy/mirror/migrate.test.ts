import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { migrate, refuseNewer, schemaVersion } from "../../../proxy/mirror/migrate.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/migrate");
const one = { name: "0001", sql: "CREATE TABLE t (x); INSERT INTO t VALUES (1);" };
const two = { name: "0002", sql: "UPDATE t SET x = 2;" };
const broken = { name: "0002", sql: "UPDATE t SET x = 3; UPDATE elsewhere SET x = 4;" };

const opened = () => {
  const file = join(temporaryFolder(), "x.db");
  return { file, database: new Database(file) };
};
const stored = (database: Database.Database): unknown => database.prepare("SELECT x FROM t").pluck().get();

test("from nothing there is no backup; from a version there is one, of that version", () => {
  const { file, database } = opened();
  migrate(database, [one], file);
  assert.is(schemaVersion(database), 1);
  for (const version of [0, 1]) assert.not(existsSync(`${file}.schema-${version}`));
  migrate(database, [one], file);
  assert.not(existsSync(`${file}.schema-1`), "nothing to do");
  migrate(database, [one, two], file);
  assert.is(stored(database), 2);
  const backup = new Database(`${file}.schema-1`, { readonly: true });
  assert.is(stored(backup), 1);
  assert.is(schemaVersion(backup), 1);
  backup.close();
  database.close();
});

test("a migration that fails leaves the version before it, and a half-written backup is replaced", () => {
  const { file, database } = opened();
  migrate(database, [one], file);
  writeFileSync(`${file}.schema-1`, "half");
  assert.throws(() => migrate(database, [one, broken], file), /no such table/);
  assert.is(schemaVersion(database), 1);
  assert.is(stored(database), 1);
  migrate(database, [one, two], file);
  assert.is(stored(database), 2);
  database.close();
});

test("a newer schema is refused", () => {
  const { file, database } = opened();
  migrate(database, [one, two], file);
  throwsCode("mirror-version", () => migrate(database, [one], file));
  const { subject, remedy } = throwsCode("mirror-version", () => refuseNewer(3, 2, "m"));
  assert.equal([subject, remedy], ["m", "newer-mirror"]);
  refuseNewer(2, 2, "m");
  database.close();
});

test.run();
