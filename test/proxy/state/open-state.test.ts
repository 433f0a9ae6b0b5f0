import { existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openDatabase } from "../../../proxy/mirror/sqlite.ts";
import { findState, openState } from "../../../proxy/state/open-state.ts";
import { readRecheck } from "../../../proxy/state/read-recheck.ts";
import { stateMigrations, stateSql } from "../../../proxy/state/state-statements.ts";
import { syncLater } from "../../../proxy/state/report-faults.ts";
import { State } from "../../../proxy/state/state.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { reading } from "../../support/temporary-mirror.ts";

const test = suite("proxy/state/open-state");
const at = "2026-11-30T00:00:00Z";
const image = `a.example/app@sha256:${"1".repeat(64)}`;
const finding = {
  policy: "p",
  policyDigest: `sha256:${"a".repeat(64)}`,
  state: "unknown",
  code: "unreachable",
  message: "refused",
} as const;

function opened(folder: string) {
  const aside: string[] = [];
  const state = openState(folder, { limits: defaultLimits, setAside: (_, path) => aside.push(path) });
  return { state, aside };
}
const admit = (state: State): void => state.recheck((list) => list.admit({ image, resource: "" }, [finding], at));
const count = (state: State): number => state.recheck((list) => list.counts().unknown);

function written(folder = temporaryFolder()): string {
  const { state } = opened(folder);
  admit(state);
  state.close();
  return folder;
}
const fileOf = (folder: string): string => join(folder, "state.db");

test("what was remembered is there after a start; at rest it is one plain file", () => {
  const folder = written();
  assert.not(existsSync(`${fileOf(folder)}-wal`));
  const { state, aside } = opened(folder);
  assert.is(count(state), 1);
  assert.equal(aside, []);
  state.close();
  assert.is(readRecheck(folder, defaultLimits).entries[0]?.image, image);
});

test("a process that was killed loses nothing that was written", () => {
  const folder = temporaryFolder();
  const { state } = opened(folder);
  admit(state);
  // Nobody closes it: the log stays, as a kill leaves it.
  assert.ok(statSync(`${fileOf(folder)}-wal`).size > 0);
  assert.is(readRecheck(folder, defaultLimits).counts.unknown, 1);
  const second = opened(folder).state;
  assert.is(count(second), 1);
  second.close();
  state.close();
});

test("what does not wait for the disk is there after a kill too, and whatever is written else waits", () => {
  const path = fileOf(written());
  const database = openDatabase(path);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  const state = new State({ path, database, limits: defaultLimits });
  const level = (): unknown => database.pragma("synchronous", { simple: true });
  const [normal, full] = [1, 2];
  state.useUnsynced(({ recheck }) => {
    assert.is(level(), normal);
    recheck.admit({ image, resource: "Pod/a" }, [finding], at);
  });
  assert.is(level(), full);
  assert.throws(() =>
    state.useUnsynced(() => {
      throw new Error("a bug");
    }),
  );
  assert.is(level(), full);
  // Nobody closes it.
  assert.is(readRecheck(join(path, ".."), defaultLimits).counts.unknown, 2);
  state.close();
});

test("the disk is waited for once, however many want it, and says when it does not take it", async () => {
  const { state } = opened(temporaryFolder());
  admit(state);
  const [first, second, third] = [state.sync(), state.sync(), state.sync()];
  assert.is.not(second, first, "what was written after the first began needs another");
  assert.is(third, second);
  await Promise.all([first, second]);
  state.close();
  await state.sync();
  mkdirSync(`${state.path}-wal`);
  const report: string[] = [];
  await new Promise<void>((resolve) =>
    syncLater(state, ({ code }) => {
      report.push(code);
      resolve();
    }),
  );
  assert.equal(report, ["mirror-busy"]);
});

test("it is no part of what the mirror knows", () => {
  const folder = writtenMirror(() => undefined);
  const before = reading(folder, (mirror) => mirror.contentId());
  written(folder);
  assert.is(
    reading(folder, (mirror) => mirror.contentId()),
    before,
  );
});

const damages: Readonly<Record<string, (path: string) => void>> = {
  "a text": (path) => writeFileSync(path, "no database\n".repeat(20)),
  "a file that is cut off": (path) => truncateSync(path, 60),
  "half of its pages": (path) => truncateSync(path, 4096 * 2),
  "pages of noise": (path) => {
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 100);
    writeFileSync(path, bytes);
  },
  "somebody else's database": (path) => {
    writeFileSync(path, "");
    const database = new Database(path);
    database.exec("CREATE TABLE t (x)");
    database.close();
  },
};
for (const [name, damage] of Object.entries(damages))
  test(`${name} is set aside and said, and a new file is begun; a reader is told`, () => {
    const folder = written();
    damage(fileOf(folder));
    throwsCode("mirror-corrupt", () => readRecheck(folder, defaultLimits));
    const { state, aside } = opened(folder);
    assert.is(count(state), 0);
    admit(state);
    assert.is(count(state), 1);
    assert.equal(aside, [`${fileOf(folder)}.set-aside`]);
    assert.ok(existsSync(aside[0] ?? ""));
    state.close();
    assert.is(readRecheck(folder, defaultLimits).counts.unknown, 1);
  });

test("damage that is met while it runs is set aside in the same way", () => {
  const folder = written();
  const bytes = readFileSync(fileOf(folder));
  // The first page holds the schema: it is read at the start, the rows later.
  bytes.fill(0x5a, 4096);
  writeFileSync(fileOf(folder), bytes);
  const { state, aside } = opened(folder);
  admit(state);
  assert.is(count(state), 1);
  assert.is(aside.length, 1);
  state.close();
});

test("the file of a newer program is left as it is", () => {
  const folder = written();
  const database = new Database(fileOf(folder));
  database.pragma("user_version = 99");
  database.close();
  const before = readFileSync(fileOf(folder));
  throwsCode("mirror-version", () => opened(folder));
  throwsCode("mirror-version", () => readRecheck(folder, defaultLimits));
  assert.equal(readFileSync(fileOf(folder)), before);
});

test("a folder in its place is set aside, too", () => {
  const folder = temporaryFolder();
  mkdirSync(fileOf(folder));
  const { state, aside } = opened(folder);
  admit(state);
  assert.is(aside.length, 1);
  state.close();
});

test("where nothing was remembered a reader finds nothing, and makes nothing", () => {
  const folder = temporaryFolder();
  assert.is(findState(folder, defaultLimits), undefined);
  assert.equal(readRecheck(folder, defaultLimits).entries, []);
  assert.not(existsSync(fileOf(folder)));
  writeFileSync(fileOf(folder), "");
  assert.is(findState(folder, defaultLimits), undefined);
});

test("two processes write to one file", () => {
  const folder = temporaryFolder();
  const [one, two] = [opened(folder).state, opened(folder).state];
  admit(one);
  assert.is(count(two), 1);
  two.recheck((list) => list.forget(image));
  assert.is(count(one), 0);
  one.close();
  two.close();
});

test("a file of the first schema is brought up to date, with a copy of it beside it, and keeps its entries", () => {
  const folder = temporaryFolder();
  const path = join(folder, "state.db");
  const old = openDatabase(path);
  const [first] = stateMigrations;
  old.pragma("journal_mode = WAL");
  old.exec(first?.sql ?? "");
  old.pragma("user_version = 1");
  old
    .prepare(stateSql("put-recheck"))
    .run(image, "", finding.policy, finding.policyDigest, finding.code, finding.message, at, at);
  old.close();
  const { state, aside } = opened(folder);
  assert.equal(aside, []);
  assert.is(count(state), 1);
  state.recheck((list) => {
    list.admitResource({ resource: "Pod/shop/web", request: "{}" }, [{ ...finding, image }], at);
    assert.equal([list.requestOf("Pod/shop/web"), list.requestOf("Pod/shop/other")], ["{}", undefined]);
  });
  state.close();
  assert.ok(existsSync(`${path}.schema-1`));
});

test("a file of the second schema gets the namespaces of its entries", () => {
  const folder = temporaryFolder();
  const path = join(folder, "state.db");
  const old = openDatabase(path);
  old.pragma("journal_mode = WAL");
  for (const { sql } of stateMigrations.slice(0, 2)) old.exec(sql);
  old.pragma("user_version = 2");
  const put = old.prepare(stateSql("put-recheck"));
  const resources = ["", "Pod/shop/web\nsha256:1", "Namespace/shop\nsha256:2", "Pod/team-a/\nsha256:3"];
  for (const resource of resources)
    put.run(image, resource, finding.policy, finding.policyDigest, finding.code, finding.message, at, at);
  old.close();
  const { state, aside } = opened(folder);
  assert.equal(aside, []);
  assert.is(count(state), 4);
  state.close();
  assert.ok(existsSync(`${path}.schema-2`));
  const database = openDatabase(path);
  const found = database.prepare("SELECT namespace FROM recheck ORDER BY namespace").pluck().all();
  database.close();
  assert.equal(found, ["", "", "shop", "team-a"]);
  assert.is(stateMigrations.length, 3, "a further migration has its own test");
});

test("a kept request that damage has changed is no request", () => {
  const folder = temporaryFolder();
  const { state } = opened(folder);
  const resource = "Pod/shop/web";
  state.recheck((list) => list.admitResource({ resource, request: "{}" }, [{ ...finding, image }], at));
  state.close();
  const database = openDatabase(join(folder, "state.db"));
  database.exec(`UPDATE admitted SET request = '{"a":1}'`);
  database.close();
  const again = opened(folder).state;
  assert.is(
    again.recheck((list) => list.requestOf(resource)),
    undefined,
  );
  assert.is(count(again), 1);
  again.close();
});

test.run();
