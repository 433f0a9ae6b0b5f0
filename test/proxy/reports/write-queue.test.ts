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
