import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
