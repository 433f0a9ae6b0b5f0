/** What an instance remembers, where the disk or the file fails. */
import { mkdirSync, readFileSync, rmdirSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { loadSqlite, openDatabase } from "../../../proxy/mirror/sqlite.ts";
import { openState } from "../../../proxy/state/open-state.ts";
import { State } from "../../../proxy/state/state.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/state/state");
const at = "2026-11-30T00:00:00Z";
const subject = { image: `a.example/app@sha256:${"1".repeat(64)}`, resource: "" };
const finding = {
  policy: "p",
  policyDigest: `sha256:${"a".repeat(64)}`,
  state: "unknown",
  code: "unreachable",
  message: "refused",
} as const;
const openedIn = (folder: string): State =>
  openState(folder, { limits: defaultLimits, setAside: (why) => assert.unreachable(why) });

test("waiting for the disk asks the disk each time anew, and once for all who came meanwhile", async () => {
  const folder = temporaryFolder();
  const state = openedIn(folder);
  const file = await open(join(folder, "state.db"));
  const handles = Object.getPrototypeOf(file) as FileHandle;
  await file.close();
  const { datasync } = handles;
  let asked = 0;
  handles.datasync = function counted() {
    asked += 1;
    return datasync.call(this);
  };
  try {
    state.useUnsynced(({ recheck }) => recheck.admit(subject, [finding], at));
    assert.is(asked, 0);
    await state.sync();
    assert.is(asked, 1);
    await Promise.all([state.sync(), state.sync(), state.sync()]);
    assert.is(asked, 3);
    await Promise.all([state.sync(), state.sync()]);
    assert.is(asked, 5);
  } finally {
    handles.datasync = datasync;
    state.close();
  }
});

test("a wait that failed fails nobody who waits for the next, nor whoever comes later", async () => {
  const folder = temporaryFolder();
  const state = openedIn(folder);
  state.close();
  const wal = `${state.path}-wal`;
  mkdirSync(wal);
  const first = state.sync().then(
    () => "done",
    ({ code }: EngineError) => {
      rmdirSync(wal);
      return code;
    },
  );
  const second = state.sync();
  assert.is(await first, "mirror-busy");
  await second;
  await Promise.all([state.sync(), state.sync()]);
});

test("where no new file can be begun in place of a damaged one, that is said, and it can still be closed", () => {
  const path = join(temporaryFolder(), "state.db");
  const renew = (): never => {
    throw new EngineError("invalid-usage", "nothing can be written here");
  };
  const database = openDatabase(path);
  const state = new State({ path, database, limits: defaultLimits, renew });
  const { SqliteError } = loadSqlite().Database;
  const damaged = (): never => {
    throw new SqliteError("damaged", "SQLITE_CORRUPT");
  };
  throwsCode("invalid-usage", () => state.useUnsynced(damaged));
  assert.not(database.open);
  state.close();
  state.close();
});

test("a reader sets no file aside, and other failures than damage begin no new one", () => {
  const path = join(temporaryFolder(), "state.db");
  const { SqliteError } = loadSqlite().Database;
  const failing = (code: string) => (): never => {
    throw new SqliteError("no", code);
  };
  const reader = new State({ path, database: openDatabase(path), limits: defaultLimits });
  throwsCode("mirror-corrupt", () => reader.use(failing("SQLITE_CORRUPT")));
  reader.close();
  const renew = (): never => assert.unreachable() as never;
  const writer = new State({ path, database: openDatabase(path), limits: defaultLimits, renew });
  throwsCode("mirror-corrupt", () => writer.use(failing("SQLITE_IOERR")));
  throwsCode("mirror-busy", () => writer.use(failing("SQLITE_BUSY")));
  const tooLarge = (): never => {
    throw new EngineError("over-limit", "too large");
  };
  throwsCode("over-limit", () => writer.use(tooLarge));
  writer.close();
});

test("a writer leaves one plain file, which can be read without the right to write; a reader changes nothing", () => {
  const path = join(temporaryFolder(), "state.db");
  const opened = () => {
    const database = openDatabase(path);
    database.pragma("journal_mode = WAL");
    return database;
  };
  // As SQLite writes it: https://www.sqlite.org/fileformat.html, the version that writes it.
  const isPlain = (): boolean => readFileSync(path)[18] === 1;
  const renew = (): never => assert.unreachable() as never;
  for (const [parts, expected] of [
    [{}, false],
    [{ renew }, true],
  ] as const) {
    const database = opened();
    new State({ path, database, limits: defaultLimits, ...parts }).close();
    assert.equal([database.open, isPlain()], [false, expected]);
  }
});

test.run();
