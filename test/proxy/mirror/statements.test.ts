import { readdirSync } from "node:fs";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { migrations, sqlText } from "../../../proxy/mirror/statements.ts";

const test = suite("proxy/mirror/statements");
const names = readdirSync(new URL("../../../proxy/mirror/sql/", import.meta.url)).map((name) =>
  name.replace(/\.sql$/, ""),
);

test("every numbered file is a migration, in order and without gaps", () => {
  assert.equal(names.filter((name) => /^\d/.test(name)).sort(), migrations);
  assert.equal(
    migrations.map((name) => Number(name.slice(0, 4))),
    migrations.map((_, index) => index + 1),
  );
});

test("every other file is one statement that fits the schema", () => {
  const database = new Database(":memory:");
  for (const name of migrations) database.exec(sqlText(name));
  for (const name of names)
    if (!migrations.includes(name)) assert.not.throws(() => database.prepare(sqlText(name)), name);
  database.close();
});

test("a name without a file is a broken installation, not a state of the mirror", () => {
  assert.throws(() => sqlText("no-such-statement"), /ENOENT/);
});

test.run();
