import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isSqliteError, loadSqlite, openDatabase } from "../../../proxy/mirror/sqlite.ts";
import { EngineError } from "../../../core/errors.ts";

const test = suite("proxy/mirror/sqlite");

function refusal(load: (name: string) => unknown): EngineError {
  try {
    loadSqlite(load);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("it was loaded");
}

test("opens a database, and knows its errors", () => {
  const database = openDatabase(":memory:");
  try {
    database.exec("SELECT * FROM nothing");
    assert.unreachable();
  } catch (error) {
    assert.ok(isSqliteError(error));
  }
  database.close();
  assert.not(isSqliteError(new Error("another")));
});

test("a package that is missing, and one without a native part for this Node, have a code and a remedy", () => {
  const missing = refusal(() => {
    throw new Error("Cannot find module 'better-sqlite3'\nRequire stack:");
  });
  const other = refusal(
    () =>
      class {
        constructor() {
          throw new Error("Could not locate the bindings file. Tried:\n → /a");
        }
      },
  );
  for (const error of [missing, other]) {
    assert.equal([error.code, error.remedy], ["invalid-config", "sqlite"]);
    assert.match(error.message, `${process.platform}-${process.arch}`);
    assert.match(error.message, `ABI ${process.versions.modules}`);
  }
});

test.run();
