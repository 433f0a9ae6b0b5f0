import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { RecordFolder } from "../../../proxy/record/record-folder.ts";
import { RecordQueue } from "../../../proxy/record/record-queue.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/record/record-queue");

interface Counts {
  readonly results: string[];
  readonly said: string[];
}

function queueOf(folder: ConstructorParameters<typeof RecordQueue>[0]["folder"], limits = defaultLimits) {
  const counts: Counts = { results: [], said: [] };
  const queue = new RecordQueue({
    folder,
    limits,
    report: ({ code }, lost) => void counts.said.push(`${code} ${lost}`),
    count: (result) => void counts.results.push(result),
  });
  return { queue, ...counts };
}

test("records are written, each under its id", async () => {
  const path = temporaryFolder();
  const { queue, results } = queueOf(new RecordFolder(join(path, "a", "b"), defaultLimits));
  for (const id of ["d-1", "d-2", "d-3"]) queue.add(id, () => `{"id":"${id}"}`);
  assert.equal(results, []);
  await queue.close();
  assert.equal(results, ["written", "written", "written"]);
  assert.equal(readdirSync(join(path, "a", "b")).sort(), ["d-1.json", "d-2.json", "d-3.json"]);
  assert.is(readFileSync(join(path, "a", "b", "d-2.json"), "utf8"), '{"id":"d-2"}');
});

test("what comes faster than one write ends is written all the same: nothing waits for the one before", async () => {
  const done: (() => void)[] = [];
  const { queue, results } = queueOf({
    path: "records",
    put: () => new Promise<string>((resolve) => done.push(() => resolve(""))),
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 50; count++) queue.add(`d-${round}-${count}`, () => "{}");
    await turn();
  }
  assert.is(done.length, 200);
  assert.equal(results, []);
  for (let count = 0; count < 57; count++) queue.add(`d-more-${count}`, () => "{}");
  assert.equal(results, ["lost"], "256 are on their way");
  while (done.length > 0 || results.length < 257) {
    for (const end of done.splice(0)) end();
    await turn();
  }
  await queue.close();
  assert.is(results.filter((result) => result === "written").length, 256);
});

test("texts that are large wait for one another", async () => {
  let [writing, most] = [0, 0];
  const { queue, results } = queueOf({
    path: "records",
    async put() {
      writing += 1;
      most = Math.max(most, writing);
      await new Promise((resolve) => setImmediate(resolve));
      writing -= 1;
      return "";
    },
  });
  const large = "x".repeat(20 * 1024 * 1024);
  for (let count = 0; count < 5; count++) queue.add(`d-${count}`, () => large);
  await queue.close();
  assert.is(results.length, 5);
  assert.is(most, 2);
});

test("a full disk loses records, is said now and then, and is over when there is room again", async () => {
  let isFull = true;
  const { queue, results, said } = queueOf({
    path: "records",
    async put() {
      if (isFull) throw new EngineError("invalid-usage", "no space left on the device");
      return "";
    },
  });
  for (let count = 0; count < 5; count++) queue.add(`d-${count}`, () => "{}");
  await queue.close();
  assert.equal(said, ["invalid-usage 1", "invalid-usage 2", "invalid-usage 4"]);
  isFull = false;
  queue.add("d-5", () => "{}");
  await queue.close();
  isFull = true;
  queue.add("d-6", () => "{}");
  await queue.close();
  assert.equal(said.slice(3), ["invalid-usage 1"]);
  assert.equal(results, ["lost", "lost", "lost", "lost", "lost", "written", "lost"]);
});

test("more than may wait are lost, and what makes none is lost alone", async () => {
  const folder = new RecordFolder(temporaryFolder(), defaultLimits);
  const { queue, results, said } = queueOf(folder, { ...defaultLimits, recordsWaiting: 2 });
  const fails = (): string => {
    throw new EngineError("unsupported", "a policy from no file");
  };
  for (const make of [fails, () => "{}", () => "{}"]) queue.add(`d-${results.length}`, make);
  assert.equal([results, said], [["lost"], ["over-limit 1"]]);
  await queue.close();
  assert.equal(results, ["lost", "lost", "written"]);
});

test("what waits is bounded in bytes, too, and what was written makes room", async () => {
  const { queue, results, said } = queueOf(
    { path: "records", put: async () => "" },
    { ...defaultLimits, recordsWaitingBytes: 10 },
  );
  for (const size of [6, 6, 4]) queue.add(`d-${size}`, () => "{}", size);
  assert.equal([results, said], [["lost"], ["over-limit 1"]]);
  await queue.close();
  queue.add("d-10", () => "{}", 10);
  await queue.close();
  assert.equal(results, ["lost", "written", "written", "written"]);
});

test("what is being written is counted with what waits", async () => {
  const ends: (() => void)[] = [];
  const { queue, results } = queueOf(
    { path: "records", put: () => new Promise<string>((resolve) => ends.push(() => resolve(""))) },
    { ...defaultLimits, recordsWaitingBytes: 10 },
  );
  queue.add("d-1", () => "x".repeat(8), 8);
  while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
  queue.add("d-2", () => "{}", 3);
  assert.equal(results, ["lost"]);
  ends.pop()?.();
  await queue.close();
  assert.equal(results, ["lost", "written"]);
});

test("trouble is not over with one record that was written beside others", async () => {
  const ends: ((isFull: boolean) => void)[] = [];
  const { queue, said } = queueOf({
    path: "records",
    put: () =>
      new Promise<string>((resolve, reject) =>
        ends.push((isFull) => (isFull ? reject(new EngineError("invalid-usage", "no space left")) : resolve(""))),
      ),
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let count = 0; count < 4; count++) queue.add(`d-${count}`, () => "{}");
  while (ends.length < 4) await turn();
  for (const isFull of [true, false, true]) {
    ends.shift()?.(isFull);
    await turn();
  }
  assert.equal(said, ["invalid-usage 1", "invalid-usage 2"]);
  ends.shift()?.(false);
  await queue.close();
});

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
  const error = await new Promise<EngineError>((resolve) => {
    try {
      new RecordFolder(join(path, "gone.file", "below"), defaultLimits);
    } catch (thrown) {
      resolve(thrown as EngineError);
    }
  });
  assert.is(error.code, "invalid-usage");
  assert.ok(gone.path.endsWith("gone"));
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

test("a full folder that is none any more loses records, and ends nothing", async () => {
  const path = join(temporaryFolder(), "records");
  const folder = new RecordFolder(path, { ...defaultLimits, recordFolderBytes: 1 });
  rmSync(path, { recursive: true });
  writeFileSync(path, "");
  const { queue, results, said } = queueOf(folder);
  queue.add("d-1", () => "{}");
  await queue.close();
  assert.equal([results, said], [["lost"], ["invalid-usage 1"]]);
});

test.run();
