import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { migrations } from "../../../proxy/mirror/statements.ts";
import { lockWriter } from "../../../proxy/mirror/writer-lock.ts";
import { rowChecksum } from "../../../proxy/mirror/row-checksum.ts";
import { oldMirror } from "../../support/old-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/open-mirror");
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
const absent = { state: "absent", ...origin } as const;
const read = (folder: string) => () => openMirror(folder, { mode: "read", limits: defaultLimits }).close();
const write = (folder: string) => () => openMirror(folder, { mode: "write", limits: defaultLimits }).close();

test("there is nothing to read before a writer made it", () => {
  const folder = temporaryFolder();
  throwsCode("invalid-usage", read(folder));
  throwsCode("invalid-usage", read(join(folder, "not", "there")));
  assert.not(existsSync(join(folder, "mirror.db")));
  writtenMirror(() => undefined, join(folder, "made", "on", "the", "way"));
});

test("a mirror at rest is one file, of the newest schema, readable where nothing can be written", () => {
  const folder = writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "absent", ...origin }));
  for (const left of ["mirror.db-wal", "mirror.db-shm", "mirror.db.new"])
    assert.not(existsSync(join(folder, left)), left);
  chmodSync(join(folder, "mirror.db"), 0o444);
  reading(folder, (mirror) => {
    assert.is(mirror.knowledge().answer(question)?.state, "absent");
    throwsCode("invalid-usage", () => mirror.writer());
    assert.not(existsSync(join(folder, "mirror.db-wal")));
  });
  const database = new Database(join(folder, "mirror.db"), { readonly: true });
  assert.is(database.pragma("user_version", { simple: true }), migrations.length);
  database.close();
});

const damage: readonly (readonly [string, (path: string) => void])[] = [
  ["an empty file", (path) => writeFileSync(path, "")],
  ["a text", (path) => writeFileSync(path, "not a database ".repeat(100))],
  ["a folder", (path) => mkdirSync(path)],
  ["a header alone", (path) => writeFileSync(path, "SQLite format 3\0")],
  ["another SQLite file", (path) => new Database(path).exec("CREATE TABLE x (y)").close()],
];
for (const [name, make] of damage) {
  test(`${name} is corrupt, not an empty mirror`, () => {
    const folder = temporaryFolder();
    make(join(folder, "mirror.db"));
    throwsCode("mirror-corrupt", read(folder));
    throwsCode("mirror-corrupt", write(folder));
  });
}

test("a write-ahead log without its file is corrupt", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "mirror.db-wal"), "x");
  throwsCode("mirror-corrupt", read(folder));
  throwsCode("mirror-corrupt", write(folder));
});

test("a file cut off at any page, or with any page overwritten, is a coded failure or reads truly", () => {
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    writer.transaction(() => {
      for (let tag = 0; tag < 300; tag++)
        writer.setAnswer({ ...question, tag: String(tag) }, { state: "absent", ...origin });
    });
  });
  const whole = readFileSync(join(folder, "mirror.db"));
  const page = 4096;
  const codes = new Set<string>();
  for (let at = 0; at < whole.length; at += page) {
    for (const damaged of [
      whole.subarray(0, at),
      Buffer.concat([whole.subarray(0, at), Buffer.alloc(page, 0xa5), whole.subarray(at + page)]),
    ]) {
      const copy = temporaryFolder();
      writeFileSync(join(copy, "mirror.db"), damaged);
      try {
        reading(copy, (mirror) => {
          for (let tag = 0; tag < 300; tag++)
            assert.not.equal(mirror.knowledge().answer({ ...question, tag: String(tag) })?.state, "present");
          mirror.contentId();
          mirror.list();
          mirror.inspect(nodeVerifier);
        });
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        codes.add(error.code);
      }
    }
  }
  assert.equal([...codes], ["mirror-corrupt"]);
});

test("a newer schema is refused by readers and writers, an older one by readers", () => {
  const folder = writtenMirror(() => undefined);
  const database = new Database(join(folder, "mirror.db"));
  database.pragma(`user_version = ${migrations.length + 1}`);
  throwsCode("mirror-version", read(folder));
  throwsCode("mirror-version", write(folder));
  database.pragma("user_version = 1");
  database.close();
  const old = throwsCode("mirror-version", read(folder));
  assert.is(old.remedy, "older-mirror");
});

test("a file in place of the folder is said to be one, to readers and writers", () => {
  const path = join(
    writtenMirror(() => undefined),
    "mirror.db",
  );
  for (const open of [read, write]) {
    const error = throwsCode("invalid-usage", open(path));
    assert.equal([error.remedy, error.subject], ["mirror-file", path]);
    assert.match(error.message, /a file, and a mirror is a folder/);
  }
  const { message } = throwsCode("invalid-usage", write(join(path, "below")));
  assert.match(message, "cannot be made: a part of the path is no folder (ENOTDIR)");
});

const repository = "ghcr.io/org/app";
const digest = "sha256:c824a9aa7d2e3471306648c6d4baa1abbcb97ff0276181ab4722ca27127cdba0";

for (const version of migrations.keys())
  test(`schema ${version + 1} is brought up to date with what it held`, () => {
    const folder = oldMirror(version + 1);
    const isOld = version + 1 < migrations.length;
    if (isOld) throwsCode("mirror-version", read(folder));
    write(folder)();
    assert.is(existsSync(join(folder, `mirror.db.schema-${version + 1}`)), isOld, "a backup");
    reading(folder, (mirror) => {
      assert.equal(mirror.inspect(nodeVerifier).damage, []);
      const knowledge = mirror.knowledge();
      assert.is(knowledge.answer({ kind: "manifest", repository, digest })?.state, "present");
      const referrers = knowledge.recorded({ kind: "referrers", repository, digest });
      assert.is(referrers?.state === "present" && referrers.partial, true, "the list came from a layout");
      assert.equal(
        knowledge.allClaims().map(({ scope }) => scope),
        [repository],
      );
      assert.is(knowledge.pins().length, 1);
      assert.is(knowledge.distrustEntries().length, version + 1 >= 4 ? 1 : 0);
      assert.equal(mirror.log.runs(9)[0]?.kind, "sync");
      assert.equal(
        mirror.attempts().map(({ code }) => code),
        ["timed-out"],
      );
    });
    if (!isOld) return;
    const backup = new Database(join(folder, `mirror.db.schema-${version + 1}`), { readonly: true });
    assert.is(backup.pragma("user_version", { simple: true }), version + 1);
    assert.equal(backup.prepare("SELECT count(*) AS count FROM answer").get(), { count: 4 });
    backup.close();
  });

test("damage in an old mirror is not blessed by its migration", () => {
  const folder = oldMirror(9);
  tamper(folder, "UPDATE answer SET source = 'elsewhere' WHERE kind = 'referrers'");
  write(folder)();
  reading(folder, (mirror) => {
    throwsCode("mirror-corrupt", () => mirror.knowledge().recorded({ kind: "referrers", repository, digest }));
    assert.equal(
      mirror.inspect(nodeVerifier).damage.map(({ table }) => table),
      ["answer"],
    );
  });
});

test("a claim of an older schema stays if all that is there came with it; else it is gone", () => {
  const folder = oldMirror(6);
  const put = (text: string, at: string, source: string): void => {
    const columns = ["tag", `tag ${text} 1`, text, "1", "absent", null, null, at, source] as const;
    tamper(
      folder,
      "INSERT INTO answer (kind, question, repository, subject, state, digest, value, at, source, checksum) " +
        "VALUES (?, ?, ?, ?, 'present', ?, ?, ?, ?, ?)",
      ...columns.filter((column) => column !== "absent"),
      rowChecksum(...columns),
    );
  };
  const said = { at: origin.at, source: "layout x" };
  const later = "2026-05-05T00:00:00Z";
  for (const name of ["ghcr.io/org/app", "quay.io/org/app", "quay.io/org/tool"])
    if (name !== repository) put(name, said.at, said.source);
  put("ghcr.io/org/mixed", said.at, "layout y");
  put("ghcr.io/org/later", later, said.source);
  for (const scope of ["ghcr.io/org/mixed", "ghcr.io/org/later", "ghcr.io/org/nothing", "ghcr.io", "quay.io"])
    tamper(
      folder,
      "INSERT INTO complete (scope, at, source, checksum) VALUES (?, ?, ?, ?)",
      scope,
      said.at,
      said.source,
      rowChecksum(scope, said.at, said.source),
    );
  write(folder)();
  reading(folder, (mirror) =>
    assert.equal(
      mirror
        .knowledge()
        .allClaims()
        .map(({ scope }) => scope),
      ["ghcr.io/org/app", "ghcr.io/org/nothing", "quay.io"],
    ),
  );
  const after = new Database(join(folder, "mirror.db"), { readonly: true });
  assert.equal(after.prepare("SELECT DISTINCT grain FROM complete ORDER BY grain").pluck().all(), [
    "host",
    "repository",
  ]);
  after.close();
});

test("a migration that fails changes nothing", () => {
  const folder = writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "absent", ...origin }));
  const database = new Database(join(folder, "mirror.db"));
  // The views are still there, so that creating them again fails.
  database.pragma("user_version = 1");
  database.close();
  throwsCode("mirror-corrupt", write(folder));
  const after = new Database(join(folder, "mirror.db"));
  assert.is(after.pragma("user_version", { simple: true }), 1);
  after.pragma(`user_version = ${migrations.length}`);
  after.close();
  reading(folder, (mirror) => assert.is(mirror.knowledge().answer(question)?.state, "absent"));
});

test("a second writer is turned away, in this process and in another; readers are not", () => {
  const folder = temporaryFolder();
  const first = openMirror(folder, { mode: "write", limits: defaultLimits });
  const error = throwsCode("mirror-busy", write(folder));
  assert.is(error.subject, folder);
  const script =
    "import { openMirror } from " +
    `${JSON.stringify(new URL("../../../proxy/mirror/open-mirror.ts", import.meta.url).href)}; try { ` +
    `openMirror(${JSON.stringify(folder)}, { mode: "write" }); } catch (error) { ` +
    "process.stdout.write(error.code); }";
  assert.is(
    spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { encoding: "utf8" }).stdout,
    "mirror-busy",
  );
  reading(folder, (mirror) => {
    first.writer().setAnswer(question, { state: "absent", ...origin });
    assert.is(mirror.knowledge().answer(question)?.state, "absent");
  });
  first.close();
  write(folder)();
});

test("a reader sees one state in a snapshot while a writer commits, and later the next", () => {
  const folder = temporaryFolder();
  const writing = openMirror(folder, { mode: "write", limits: defaultLimits });
  reading(folder, (reader) => {
    const before = reader.contentId();
    reader.snapshot(() => {
      assert.is(reader.knowledge().answer(question), undefined);
      writing.writer().setAnswer(question, { state: "absent", ...origin });
      assert.is(reader.knowledge().answer(question), undefined);
      assert.is(reader.contentId(), before);
    });
    assert.is(reader.knowledge().answer(question)?.state, "absent");
    assert.is.not(reader.contentId(), before);
    writing.close();
    assert.is(reader.knowledge().answer(question)?.state, "absent");
  });
  writtenMirror((mirror) => assert.is(mirror.knowledge().answer(question)?.state, "absent"), folder);
});

test("a reader that stays open follows writers that come and go", () => {
  const folder = writtenMirror(() => undefined);
  reading(folder, (reader) => {
    for (const tag of ["1", "2", "3"]) {
      assert.is(reader.knowledge().answer({ ...question, tag }), undefined);
      writtenMirror(
        (mirror) => mirror.writer().setAnswer({ ...question, tag }, { state: "absent", ...origin }),
        folder,
      );
      assert.is(reader.knowledge().answer({ ...question, tag })?.state, "absent");
    }
  });
});

test("a copy of the file is a mirror", () => {
  const folder = writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "absent", ...origin }));
  const copy = temporaryFolder();
  copyFileSync(join(folder, "mirror.db"), join(copy, "mirror.db"));
  assert.is(
    reading(copy, (mirror) => mirror.contentId()),
    reading(folder, (mirror) => mirror.contentId()),
  );
  truncateSync(join(copy, "mirror.db"), 50);
  throwsCode("mirror-corrupt", read(copy));
});

/** A mirror whose writer died in the middle of a transaction that was not kept: half of its pages are in the file. */
function withHotJournal(): string {
  const [written, left] = [writtenMirror((mirror) => mirror.writer().setAnswer(question, absent)), temporaryFolder()];
  const writer = new Database(join(written, "mirror.db"));
  writer.pragma("journal_mode = DELETE");
  // Pages that do not fit are written before the commit, and their earlier content lies in the journal.
  writer.pragma("cache_size = 1");
  writer.pragma("cache_spill = 1");
  writer.exec("BEGIN IMMEDIATE; DELETE FROM answer; CREATE TABLE filler (bytes BLOB)");
  const fill = writer.prepare("INSERT INTO filler VALUES (randomblob(2000))");
  for (let rows = 0; rows < 500; rows++) fill.run();
  for (const name of ["mirror.db", "mirror.db-journal"]) copyFileSync(join(written, name), join(left, name));
  writer.exec("ROLLBACK");
  writer.close();
  return left;
}

test("what a writer that died left half written is rolled back, whoever comes first", () => {
  const half = new Database(join(withHotJournal(), "mirror.db"), { readonly: true });
  const failed = (() => {
    try {
      return half.pragma("user_version", { simple: true });
    } catch (error) {
      return (error as { readonly code?: string }).code;
    }
  })();
  half.close();
  // What this test is about: a reader alone cannot do it.
  assert.is(failed, "SQLITE_READONLY_ROLLBACK");
  for (const first of [read, write]) {
    const folder = withHotJournal();
    first(folder)();
    assert.not(existsSync(join(folder, "mirror.db-journal")));
    reading(folder, (mirror) => assert.is(mirror.knowledge().answer(question)?.state, "absent"));
    const tables = new Database(join(folder, "mirror.db"), { readonly: true });
    assert.is(tables.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'filler'").pluck().get(), 0);
    tables.close();
  }
});

test("a reader that must roll back waits for a writer, and says who it is", () => {
  const folder = withHotJournal();
  const lock = lockWriter(folder, 0);
  throwsCode("mirror-busy", () => openMirror(folder, { mode: "read", waitMs: 50, limits: defaultLimits }));
  assert.ok(existsSync(join(folder, "mirror.db-journal")));
  lock.release();
  read(folder)();
});

test.run();
