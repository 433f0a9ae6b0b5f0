import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { RecordFolder } from "../../../proxy/record/record-folder.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/record/record-folder");

/** The code of what a record was refused for, or where it was written. */
const codeOf = (put: Promise<string>): Promise<string> => put.catch(({ code }: EngineError) => code);

const { readdir, rename } = files;
/** Runs while a folder is listed, or files are renamed, in another way. */
async function instead(
  ways: { readonly readdir?: () => Promise<readonly string[]>; readonly rename?: typeof rename },
  act: () => Promise<void>,
): Promise<void> {
  Object.assign(files, ways);
  syncBuiltinESMExports();
  try {
    await act();
  } finally {
    Object.assign(files, { readdir, rename });
    syncBuiltinESMExports();
  }
}

test("a folder is bounded, with what was there before, and a file is never half there", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), "x".repeat(90));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100, recordBytes: 50 });
  const codes: string[] = [];
  for (const [id, text] of [
    ["d-1", "y".repeat(51)],
    ["d-2", "y".repeat(11)],
    ["d-3", "y".repeat(9)],
    ["d-4", "yy"],
  ] as const)
    await folder.put(id, text).catch((error: EngineError) => codes.push(`${id} ${error.code}`));
  assert.equal(codes, ["d-1 over-limit", "d-2 over-limit", "d-4 over-limit"]);
  assert.equal(readdirSync(path).sort(), ["d-0.json", "d-3.json"]);
  // Whoever takes records away makes room, also while it is recorded.
  rmSync(join(path, "d-0.json"));
  await folder.put("d-5", "y");
  assert.equal(readdirSync(path).sort(), ["d-3.json", "d-5.json"]);
  const few = new RecordFolder(path, { ...defaultLimits, replayedRecords: 2 });
  assert.is(await few.put("d-6", "y").catch((error: EngineError) => error.code), "over-limit");
  const gone = new RecordFolder(join(path, "gone"), defaultLimits);
  writeFileSync(join(path, "gone.file"), "");
  throwsCode("invalid-usage", () => new RecordFolder(join(path, "gone.file", "below"), defaultLimits));
  assert.ok(gone.path.endsWith("gone"));
});

test("a record is as large as it may be and no larger, and is on the disk before it has its name", async () => {
  const path = temporaryFolder();
  const folder = new RecordFolder(path, { ...defaultLimits, recordBytes: 50 });
  const file = await files.open(join(path, "..", "any"), "w");
  const handles = Object.getPrototypeOf(file) as files.FileHandle;
  await file.close();
  const { sync } = handles;
  const steps: string[] = [];
  handles.sync = async function told() {
    steps.push(...readdirSync(path));
    await sync.call(this);
  };
  try {
    await folder.put("d-1", "y".repeat(50));
  } finally {
    handles.sync = sync;
  }
  assert.equal(steps, [".d-1.partial"]);
  assert.is(readFileSync(join(path, "d-1.json"), "utf8"), "y".repeat(50));
  assert.is(await codeOf(folder.put("d-2", "y".repeat(51))), "over-limit");
  assert.equal(readdirSync(path), ["d-1.json"]);
});

test("a record that cannot have its name leaves nothing, and takes no room though nobody looks again", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), "x".repeat(100));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 200 });
  // The time of the folder says that nothing was changed since it was looked at.
  const unchanged = (): void => utimesSync(path, 1000, 1000);
  unchanged();
  for (let count = 0; count < 3; count++) assert.is(await codeOf(folder.put("d-2", "y".repeat(150))), "over-limit");
  const fails: typeof rename = () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }));
  await instead({ rename: fails }, async () =>
    assert.is(await codeOf(folder.put("d-1", "y".repeat(60))), "invalid-usage"),
  );
  assert.equal(readdirSync(path), ["d-0.json"]);
  unchanged();
  await folder.put("d-3", "y".repeat(60));
});

test("a folder that was full when its last records were still on their way loses none once it is emptied", async () => {
  const path = temporaryFolder();
  const folder = new RecordFolder(path, { ...defaultLimits, replayedRecords: 10 });
  const put = (round: number, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, index) =>
        folder.put(`d-${round}-${index}`, "y").then(
          () => "written",
          ({ code }: EngineError) => code,
        ),
      ),
    );
  const countOf = (results: readonly string[]): number => results.filter((one) => one === "written").length;
  for (let round = 0; round < 20; round++) {
    // Some are refused while others are written, which changes the folder's time, too.
    assert.is(countOf(await put(round, 15)), 10);
    assert.equal(readdirSync(path).length, 10);
    for (const name of readdirSync(path).slice(0, round % 2 === 0 ? 10 : 4)) rmSync(join(path, name));
    const room = 10 - readdirSync(path).length;
    assert.is(countOf(await put(round + 100, 12)), room);
    for (const name of readdirSync(path)) rmSync(join(path, name));
  }
});

test("a full folder is not looked at again while nobody changes it", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), "x".repeat(100));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  const refused = (): Promise<string> => folder.put("d-1", "y").catch((error: EngineError) => error.message);
  utimesSync(path, 1000, 1000);
  for (let count = 0; count < 3; count++) assert.match(await refused(), /^there are 1 records of 100 bytes/);
  rmSync(join(path, "d-0.json"));
  // As it was: only a look tells that it is empty.
  utimesSync(path, 1000, 1000);
  const results: string[] = [];
  for (let count = 0; count < 98; count++) results.push(await refused());
  assert.is(results.filter((one) => one.startsWith("there are 1 records")).length, 97);
  assert.match(results[97] ?? "", /d-1\.json$/);
});

test("what killed writers left behind is removed, and nothing else", () => {
  const path = temporaryFolder();
  const now = new Date("2026-11-30T12:00:00Z");
  const put = (name: string, minutes: number): void => {
    writeFileSync(join(path, name), "x".repeat(40));
    const at = new Date(now.getTime() - minutes * 60_000);
    utimesSync(join(path, name), at, at);
  };
  put(".d-7K2Q7K2Q.partial", 61);
  put(".d-7K2Q7K2R.partial", 59);
  put(".other.partial", 600);
  put("d-7K2Q7K2S.json", 600);
  mkdirSync(join(path, ".d-7K2Q7K2T.partial"));
  utimesSync(join(path, ".d-7K2Q7K2T.partial"), 1000, 1000);
  const limits = { ...defaultLimits, replayedRecords: 5 };
  const folder = new RecordFolder(path, limits);
  assert.is(folder.removeUnfinished(now), 1);
  assert.equal(readdirSync(path).sort(), [
    ".d-7K2Q7K2R.partial",
    ".d-7K2Q7K2T.partial",
    ".other.partial",
    "d-7K2Q7K2S.json",
  ]);
  assert.is(folder.removeUnfinished(now), 0);
});

test("what was removed makes room", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, ".d-7K2Q7K2Q.partial"), "x".repeat(100));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  assert.is(folder.removeUnfinished(new Date(Date.now() + 2 * 3_600_000)), 1);
  await folder.put("d-1", "y".repeat(100));
});

test("records that are moved out of a full folder make room at once", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), "x".repeat(100));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  for (const id of ["d-1", "d-2", "d-3"])
    assert.is(await folder.put(id, "y").catch((error: EngineError) => error.code), "over-limit");
  rmSync(join(path, "d-0.json"));
  await folder.put("d-4", "y");
  assert.equal(readdirSync(path), ["d-4.json"]);
});

test("records that go at the time of the look that found the folder full make room at once", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), "x".repeat(100));
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  utimesSync(path, 1000, 1000);
  assert.is(await folder.put("d-1", "y").catch((error: EngineError) => error.code), "over-limit");
  rmSync(join(path, "d-0.json"));
  // Times of files are coarse: it is the same as before.
  utimesSync(path, 1000, 1000);
  await folder.put("d-2", "y");
  assert.equal(readdirSync(path), ["d-2.json"]);
});

test("a record that could not be written takes no room, before a look and after it", async () => {
  const path = temporaryFolder();
  const folder = new RecordFolder(path, { ...defaultLimits, replayedRecords: 2 });
  const put = (id: string) => folder.put(id, "y").catch((error: EngineError) => error.code);
  mkdirSync(join(path, ".d-1.partial"));
  assert.is(await put("d-1"), "invalid-usage");
  rmSync(join(path, ".d-1.partial"), { recursive: true });
  for (const id of ["d-2", "d-3"]) await folder.put(id, "y");
  assert.is(await put("d-4"), "over-limit");
  rmSync(join(path, "d-2.json"));
  await folder.put("d-5", "y");
  assert.equal(readdirSync(path).sort(), ["d-3.json", "d-5.json"]);
});

/** A step that is waited for until it is let go. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open: () => open(), opened };
}
const text = "y".repeat(60);

test("a record that is written during a look that missed it takes room, and only while it lies there", async () => {
  const path = temporaryFolder();
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  const first = folder.put("d-1", text);
  const missed = async (): Promise<readonly string[]> => {
    await first;
    return [];
  };
  await instead({ readdir: missed }, async () => assert.is(await codeOf(folder.put("d-2", text)), "over-limit"));
  rmSync(join(path, "d-1.json"));
  await folder.put("d-3", text);
  assert.equal(readdirSync(path), ["d-3.json"]);
});

test("a record that takes longer than two looks that miss it takes room all the time", async () => {
  const path = temporaryFolder();
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  const { open, opened } = gate();
  const slow: typeof rename = async (from, to) => {
    if (String(from).endsWith(".d-1.partial")) await opened;
    await rename(from, to);
  };
  await instead({ readdir: async () => [], rename: slow }, async () => {
    const first = folder.put("d-1", text);
    for (const id of ["d-2", "d-3"]) assert.is(await codeOf(folder.put(id, text)), "over-limit");
    open();
    await first;
  });
  assert.equal(readdirSync(path), ["d-1.json"]);
});

for (const isNamed of [false, true])
  test(`a record that a look finds ${isNamed ? "whole" : "under its first name"} is counted once`, async () => {
    const path = temporaryFolder();
    writeFileSync(join(path, "d-0.json"), text);
    const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
    const [reached, { open, opened }] = [gate(), gate()];
    const slow: typeof rename = async (from, to) => {
      const waits = String(from).endsWith(".d-1.partial");
      if (isNamed) await rename(from, to);
      if (waits) {
        reached.open();
        await opened;
      }
      if (!isNamed) await rename(from, to);
    };
    await instead({ rename: slow }, async () => {
      const first = folder.put("d-1", "y".repeat(40));
      await reached.opened;
      assert.is(await codeOf(folder.put("d-2", text)), "over-limit");
      rmSync(join(path, "d-0.json"));
      await folder.put("d-3", text);
      assert.is(await codeOf(folder.put("d-4", "y")), "over-limit");
      open();
      await first;
    });
    assert.equal(readdirSync(path).sort(), ["d-1.json", "d-3.json"]);
  });

test("a file that goes while a full folder is looked at takes no room", async () => {
  const path = temporaryFolder();
  writeFileSync(join(path, "d-0.json"), text);
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 100 });
  rmSync(join(path, "d-0.json"));
  await instead({ readdir: async () => ["d-gone.json"] }, async () => {
    await folder.put("d-1", "y".repeat(100));
  });
  assert.equal(readdirSync(path), ["d-1.json"]);
});

test.run();
