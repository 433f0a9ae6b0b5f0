import { suite } from "uvu";
import * as assert from "uvu/assert";
import { WriteQueue, type WriteJob, type WriteQueueOptions } from "../../../proxy/reports/write-queue.ts";

const test = suite("proxy/reports/write-queue");

/** A queue whose pauses end when the test says so. */
function staged(more: Partial<WriteQueueOptions> = {}) {
  const [counted, pauses, failures]: [string[], number[], unknown[]] = [[], [], []];
  let waiting = 0;
  let go: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    go = resolve;
  });
  const queue = new WriteQueue({
    most: 10,
    counted: (kind, result) => void counted.push(`${kind} ${result}`),
    waiting: (count) => {
      waiting = count;
    },
    failed: (_, error) => void failures.push(error),
    sleep: async (ms) => {
      pauses.push(ms);
      await started;
    },
    ...more,
  });
  return { queue, counted, pauses, failures, go, count: () => waiting };
}

const wrote: string[] = [];
const job = (key: string, what = key, kind: WriteJob["kind"] = "report"): WriteJob => ({
  kind,
  key,
  run: async () => {
    wrote.push(what);
    return "written";
  },
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what waits is written in turn; a newer one of the same key takes its place", async () => {
  wrote.length = 0;
  const { queue, counted, go } = staged();
  for (const one of [job("a", "old"), job("b"), job("a", "new")]) queue.add(one);
  go();
  await queue.close();
  assert.equal(wrote, ["new", "b"]);
  assert.equal(counted, ["report written", "report written"]);
});

test("too many: the oldest is dropped and counted", async () => {
  wrote.length = 0;
  const { queue, counted, go, count } = staged({ most: 2 });
  for (const key of ["a", "b", "c"]) queue.add(job(key));
  assert.is(count(), 2);
  go();
  await queue.close();
  assert.equal(wrote, ["b", "c"]);
  assert.equal(counted, ["report dropped", "report written", "report written"]);
});

test("too many from one namespace drop its own; each namespace has its turn", async () => {
  wrote.length = 0;
  const { queue, counted, go, count } = staged({ most: 5 });
  queue.add({ ...job("a"), namespace: "shop" });
  queue.add(job("node"));
  for (let index = 0; index < 50; index++) queue.add({ ...job(`evil-${index}`), namespace: "evil" });
  queue.add({ ...job("b"), namespace: "shop" });
  assert.is(count(), 5);
  go();
  await queue.close();
  assert.equal(wrote, ["a", "node", "evil-48", "b", "evil-49"]);
  assert.is(counted.filter((one) => one === "report dropped").length, 48);
});

test("what fails is tried again, later each time, four times in all", async () => {
  const { queue, counted, pauses, failures, go } = staged();
  let tries = 0;
  const ended = new Promise<void>((resolve) => {
    queue.add({
      kind: "event",
      key: "a",
      run: async () => {
        tries += 1;
        if (tries === 4) setImmediate(resolve);
        throw new Error("out");
      },
    });
  });
  go();
  await ended;
  await queue.close();
  assert.is(tries, 4);
  assert.is(failures.length, 4);
  assert.equal(counted, ["event failed"]);
  assert.equal(pauses.slice(1, 5), [1000, 2000, 4000, 8000]);
});

test("what comes while one of the same key fails is written in its place", async () => {
  wrote.length = 0;
  const { queue, counted, go } = staged();
  let tries = 0;
  queue.add({
    kind: "report",
    key: "a",
    run: async () => {
      tries += 1;
      queue.add(job("a", "new"));
      throw new Error("out");
    },
  });
  go();
  while (wrote.length === 0) await turn();
  await queue.close();
  assert.equal([tries, wrote, counted], [1, ["new"], ["report failed", "report written"]]);
});

test("what is gone has failed and is not tried again; nothing waits for it, nor for what is unchanged", async () => {
  wrote.length = 0;
  const { queue, counted, pauses, failures, go } = staged();
  queue.add({ kind: "event", key: "a", run: async () => "gone" });
  queue.add({ kind: "report", key: "b", run: async () => "unchanged" });
  queue.add(job("c"));
  go();
  while (wrote.length === 0) await turn();
  await queue.close();
  assert.equal(counted, ["event failed", "report unchanged", "report written"]);
  assert.equal([pauses.length, failures], [2, []], "before the first, and after the one that was written");
});

test("a key that comes for another namespace is written once, and nothing that waits is forgotten", async () => {
  wrote.length = 0;
  const { queue, counted, go, count } = staged();
  queue.add({ ...job("a", "old"), namespace: "shop" });
  queue.add({ ...job("a", "new"), namespace: "team" });
  queue.add({ ...job("b"), namespace: "shop" });
  assert.is(count(), 2);
  go();
  await queue.close();
  assert.equal(wrote, ["new", "b"]);
  assert.equal([counted.length, count()], [2, 0]);
});

test("what comes in the moment in which all was written is written, too", async () => {
  for (let moment = 0; moment < 20; moment++) {
    wrote.length = 0;
    let pauses = 0;
    const sleep = async (): Promise<void> => {
      pauses += 1;
      if (pauses !== 2) return;
      let later = Promise.resolve();
      for (let step = 0; step < moment; step++) later = later.then(() => undefined);
      void later.then(() => queue.add(job("b")));
    };
    const { queue } = staged({ sleep });
    queue.add(job("a"));
    for (let turns = 0; turns < 3; turns++) await turn();
    assert.equal(wrote, ["a", "b"], `${moment} steps later`);
    await queue.close();
  }
});

test("after its end nothing is taken, and what hangs does not keep it from ending", async () => {
  wrote.length = 0;
  const { queue, counted, go } = staged();
  queue.add({
    kind: "report",
    key: "a",
    run: (signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true })),
  });
  queue.add(job("b"));
  go();
  await queue.close();
  queue.add(job("c"));
  assert.equal(wrote, []);
  assert.equal(counted, ["report failed", "report dropped"]);
});

test.run();
