import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { migrations } from "../../../proxy/mirror/statements.ts";
import { throwsCode } from "../../support/assert.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/mirror/open-mirror");
const question = { kind: "tag", repository: "ghcr.io/org/app", tag: "1" } as const;
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
          mirror.inspect();
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
  throwsCode("mirror-version", read(folder));
});

test("an older schema is brought up to date after a backup, with what it held", () => {
  const folder = writtenMirror((mirror) => mirror.writer().setAnswer(question, { state: "absent", ...origin }));
  for (const view of ["tuf_root", "rekor_entry", "attestation", "signature", "material"])
    tamper(folder, `DROP VIEW ${view}`);
  for (const table of ["tuf_floor", "distrust", "signed_time", "partial_list"]) tamper(folder, `DROP TABLE ${table}`);
  tamper(folder, "ALTER TABLE complete DROP COLUMN grain");
  const database = new Database(join(folder, "mirror.db"));
  database.pragma("user_version = 1");
  database.close();
  write(folder)();
  reading(folder, (mirror) => assert.is(mirror.knowledge().answer(question)?.state, "absent"));
  const backup = new Database(join(folder, "mirror.db.schema-1"), { readonly: true });
  assert.is(backup.pragma("user_version", { simple: true }), 1);
  assert.equal(backup.prepare("SELECT count(*) AS count FROM answer").get(), { count: 1 });
  backup.close();
});

test("a claim of an older schema stays if all that is there came with it; else it is gone", () => {
  const value = { mediaType: "a/b", digest: `sha256:${"a".repeat(64)}` as const, size: 1 };
  const said = { at: origin.at, from: "layout x" };
  const tag = (repository: string, more: Partial<typeof said> = {}) =>
    [
      { kind: "tag", repository, tag: "1" },
      { state: "present", value, ...said, ...more },
    ] as const;
  const folder = writtenMirror((mirror) => {
    const writer = mirror.writer();
    for (const repository of ["ghcr.io/org/app", "quay.io/org/app", "quay.io/org/tool"])
      writer.setAnswer(...tag(repository));
    writer.setAnswer(...tag("ghcr.io/org/mixed", { from: "layout y" }));
    writer.setAnswer(
      { kind: "referrers", repository: "docker.io/org/app", digest: value.digest },
      { state: "present", value: [value], ...said },
    );
    writer.setAnswer(...tag("ghcr.io/org/later", { at: "2026-05-05T00:00:00Z" }));
    writer.setAnswer({ kind: "tag", repository: "ghcr.io/org/asked", tag: "2" }, { state: "absent", ...origin });
    for (const scope of ["app", "mixed", "later", "asked", "nothing"]) writer.setComplete(`ghcr.io/org/${scope}`, said);
    for (const host of ["ghcr.io", "quay.io"]) writer.setComplete(host, said);
  });
  tamper(folder, "ALTER TABLE complete DROP COLUMN grain");
  tamper(folder, "DROP TABLE partial_list");
  const database = new Database(join(folder, "mirror.db"));
  database.pragma("user_version = 6");
  database.close();
  write(folder)();
  reading(folder, (mirror) => {
    assert.equal(
      mirror
        .knowledge()
        .allClaims()
        .map(({ scope }) => scope),
      ["ghcr.io/org/app", "ghcr.io/org/asked", "ghcr.io/org/nothing", "quay.io"],
    );
    assert.equal(mirror.inspect().damage, []);
    const referrers = { kind: "referrers", repository: "docker.io/org/app", digest: value.digest } as const;
    const known = mirror.knowledge().answer(referrers);
    assert.is(known?.state === "present" && known.partial, true, "every list came from a layout");
  });
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

test.run();
