import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { type ExportedFile, ExportLog, type ExportRecord } from "../../../proxy/crossing/export-log.ts";
import { imageDigest } from "../../support/archive-sample.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/export-log");
const described = {
  kind: "full",
  statement: imageDigest,
  contentId: imageDigest,
  created: "2026-11-30T04:00:00Z",
  checkpoints: [{ origin: "rekor.example", treeSize: "7" }],
} as const;

function written(log: ExportLog, sequence: number, rows: number): ExportRecord {
  const record = log.record(sequence);
  for (let index = 0; index < rows; index++) record.row({ kind: "tag", key: `tag a.io/a ${index}`, digest: "absent" });
  record.flush("rows");
  record.blob(imageDigest);
  record.flush("blobs");
  const lengths = record.finish();
  record.close();
  return { ...described, sequence, ...lengths };
}

const fileIn = (folder: string, name: string): ExportedFile => ({
  from: join(folder, `.${name}.partial`),
  to: join(folder, name),
});

function using<T>(store: string, use: (log: ExportLog) => T): T {
  const log = new ExportLog(store, defaultLimits);
  try {
    return use(log);
  } finally {
    log.close();
  }
}

test("what was exported is read again, also in several pieces", () => {
  const store = temporaryFolder();
  const file = fileIn(temporaryFolder(), "a.tar");
  using(store, (log) => {
    writeFileSync(file.from, "an archive");
    log.publish(written(log, 1, 60_000), [file]);
  });
  assert.ok(existsSync(file.to));
  using(store, (log) => {
    const last = log.last();
    assert.ok(last !== undefined && last.rows.length > 1);
    assert.equal([last.sequence, last.checkpoints], [1, described.checkpoints]);
    const rows = [...log.rows(last)];
    assert.equal([rows.length, rows.at(-1)?.key], [60_000, "tag a.io/a 59999"]);
    assert.equal([...log.blobs(last)], [imageDigest]);
    assert.equal(log.find(2), { record: undefined, kept: [1] });
  });
});

test("an export that was killed before its files had names was never there", () => {
  const store = temporaryFolder();
  const files = ["a.001-of-002", "a.002-of-002"].map((name) => fileIn(temporaryFolder(), name));
  using(store, (log) => {
    written(log, 1, 3);
    for (const { from } of files) writeFileSync(from, "half");
    log.announce(files);
  });
  using(store, (log) => assert.is(log.last(), undefined));
  assert.ok(files.every(({ from, to }) => !existsSync(from) && !existsSync(to)));
});

test("one that was killed between its files is finished by the next", () => {
  const store = temporaryFolder();
  const folder = temporaryFolder();
  const files = ["a.001-of-002", "a.002-of-002"].map((name) => fileIn(folder, name));
  const [first, second] = files as [ExportedFile, ExportedFile];
  using(store, (log) => {
    const record = written(log, 1, 3);
    // As publish leaves it when it is killed after the first file got its name.
    writeFileSync(join(log.folder, "000001.json.new"), JSON.stringify(record));
    writeFileSync(first.to, "whole");
    writeFileSync(second.from, "whole");
    writeFileSync(join(log.folder, "working.json"), JSON.stringify({ ready: true, sequence: 1, files }));
  });
  using(store, (log) => {
    assert.is(log.last()?.sequence, 1);
    assert.is([...log.rows(log.last() as ExportRecord)].length, 3);
  });
  assert.ok(existsSync(second.to) && !existsSync(second.from));
});

test("one that was ready, and none of whose files had its name, took no number", () => {
  const store = temporaryFolder();
  const file = fileIn(temporaryFolder(), "a.tar");
  using(store, (log) => {
    writeFileSync(join(log.folder, "000001.json.new"), JSON.stringify(written(log, 1, 3)));
    writeFileSync(file.from, "whole");
    writeFileSync(join(log.folder, "working.json"), JSON.stringify({ ready: true, sequence: 1, files: [file] }));
  });
  using(store, (log) => assert.is(log.last(), undefined));
  assert.not(existsSync(file.from));
});

test("a file whose disk is gone is in nobody's way", () => {
  const store = temporaryFolder();
  using(store, (log) => log.announce([fileIn("/nowhere/at/all", "a.tar"), fileIn("/dev/null/x", "b.tar")]));
  using(store, (log) => assert.is(log.last(), undefined));
});

test("a damaged record is named", () => {
  const store = temporaryFolder();
  const file = fileIn(temporaryFolder(), "a.tar");
  using(store, (log) => {
    writeFileSync(file.from, "an archive");
    log.publish(written(log, 1, 3), [file]);
    const last = log.last() as ExportRecord;
    writeFileSync(join(log.folder, "000001.jsonl.br"), "no brotli at all, but long enough for the piece".repeat(9));
    throwsCode("mirror-corrupt", () => [...log.rows(last)]);
    throwsCode("mirror-corrupt", () => [...log.rows({ ...last, rows: [5000] })]);
    for (const text of ["{}", "x", JSON.stringify({ ...last, sequence: 2 }), JSON.stringify({ ...last, rows: [-1] })]) {
      writeFileSync(join(log.folder, "000001.json"), text);
      throwsCode("mirror-corrupt", () => log.last());
    }
  });
});

test("one export at a time", () => {
  const store = temporaryFolder();
  using(store, () => throwsCode("mirror-busy", () => new ExportLog(store, defaultLimits)));
  assert.ok(readdirSync(store).includes("exports"));
});

test.run();
