import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineError, ErrorCode } from "../../../core/errors.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { guarded, toStoreError } from "../../../proxy/mirror/store-error.ts";
import { systemCode } from "../../../proxy/system-words.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/store-error");

const table: readonly (readonly [string, ErrorCode])[] = [
  ["SQLITE_CORRUPT", "mirror-corrupt"],
  ["SQLITE_CORRUPT_VTAB", "mirror-corrupt"],
  ["SQLITE_NOTADB", "mirror-corrupt"],
  ["SQLITE_IOERR_READ", "mirror-corrupt"],
  ["SQLITE_ERROR", "mirror-corrupt"],
  ["SQLITE_BUSY", "mirror-busy"],
  ["SQLITE_BUSY_SNAPSHOT", "mirror-busy"],
  ["SQLITE_FULL", "mirror-busy"],
  ["SQLITE_READONLY_DBMOVED", "invalid-usage"],
  ["SQLITE_CANTOPEN", "invalid-usage"],
  ["SQLITE_TOOBIG", "over-limit"],
];
for (const [sqlite, code] of table) {
  test(`${sqlite} is ${code}`, () => {
    const error = throwsCode(code, () =>
      guarded("folder", () => {
        throw new Database.SqliteError("why", sqlite);
      }),
    );
    assert.is(error.subject, "folder");
    assert.instance(error.cause, Database.SqliteError);
  });
}

test("a full disk is not the other process's doing, and a folder that cannot be written no matter of the help", () => {
  const remedy = (sqlite: string) => (toStoreError(new Database.SqliteError("why", sqlite), "f") as EngineError).remedy;
  assert.equal(["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_READONLY", "SQLITE_BUSY", "SQLITE_CORRUPT"].map(remedy), [
    "disk",
    "disk",
    "store-access",
    undefined,
    undefined,
  ]);
});

test("what is not SQLite's flies on as it is", () => {
  const bug = new TypeError("bug");
  assert.is(toStoreError(bug, "folder"), bug);
  assert.is(systemCode(bug), undefined);
});

test("a lock file of another kind is a coded failure", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "writer.lock"), "held ".repeat(500));
  throwsCode("mirror-corrupt", () => openMirror(folder, { mode: "write", limits: defaultLimits }));
});

test("a folder that cannot be made is a coded failure", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  throwsCode("invalid-usage", () =>
    openMirror(join(folder, "file", "mirror"), { mode: "write", limits: defaultLimits }),
  );
  throwsCode("invalid-usage", () => openMirror(join(folder, "file"), { mode: "read", limits: defaultLimits }));
});

test.run();
