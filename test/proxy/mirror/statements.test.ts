import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sqlTexts } from "../../../proxy/mirror/sql-texts.ts";
import { migrations, type StatementName, sqlText } from "../../../proxy/mirror/statements.ts";

const test = suite("proxy/mirror/statements");
const names = Object.keys(sqlTexts) as readonly StatementName[];
const isMigration = (name: StatementName) => (migrations as readonly StatementName[]).includes(name);
/** The tables of an import, which are its connection's own. */
const script: StatementName = "make-arrivals";

test("every numbered file is a migration, in order and without gaps", () => {
  assert.equal(names.filter((name) => /^\d/.test(name)).sort(), migrations);
  assert.equal(
    migrations.map((name) => Number(name.slice(0, 4))),
    migrations.map((_, index) => index + 1),
  );
});

test("every other file is one statement that fits the schema", () => {
  const database = new Database(":memory:");
  database.function("row_checksum", { varargs: true }, () => null);
  for (const name of migrations) database.exec(sqlText(name));
  database.exec(sqlText(script));
  const single = names.filter((name) => !isMigration(name) && name !== script);
  for (const name of single) assert.not.throws(() => database.prepare(sqlText(name)), name);
  database.close();
});

test.run();
