import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SyncTurns } from "../../../cli/serve/sync-turns.ts";

const test = suite("cli/serve/sync-turns");

const newTurns = (): SyncTurns => new SyncTurns({ tell: (error) => assert.unreachable(String(error)) });

/** A sync that ends when it is told to. */
function syncing(name: string, said: string[]) {
  const stop = new AbortController();
  const act = (): Promise<void> => {
    said.push(`${name} begins`);
    return new Promise((resolve) => {
      const end = (): void => {
        said.push(`${name} ends`);
        resolve();
      };
      stop.signal.addEventListener("abort", end);
    });
  };
  return { stop, act };
}

test("a sync begins when the one before has ended", async () => {
  const [turns, said] = [newTurns(), [] as string[]];
  const [first, second] = [syncing("first", said), syncing("second", said)];
  const one = turns.run(first.act, first.stop.signal);
  const two = turns.run(second.act, second.stop.signal);
  await Promise.resolve();
  await new Promise(setImmediate);
  assert.equal(said, ["first begins"]);
  first.stop.abort();
  await one;
  await new Promise(setImmediate);
  second.stop.abort();
  await two;
  assert.equal(said, ["first begins", "first ends", "second begins", "second ends"]);
});

test("one that is told to stop before its turn ends at once, and those after it still wait for the first", async () => {
  const [turns, said] = [newTurns(), [] as string[]];
  const [first, second, third] = ["first", "second", "third"].map((name) => syncing(name, said));
  if (first === undefined || second === undefined || third === undefined) throw new Error("three were made");
  const one = turns.run(first.act, first.stop.signal);
  const two = turns.run(second.act, second.stop.signal);
  second.stop.abort();
  await two;
  const three = turns.run(third.act, third.stop.signal);
  await new Promise(setImmediate);
  assert.equal(said, ["first begins"]);
  first.stop.abort();
  await one;
  await new Promise(setImmediate);
  third.stop.abort();
  await three;
  assert.equal(said, ["first begins", "first ends", "third begins", "third ends"]);
});

test("one that was told to stop before it asked for its turn does not begin, even if nobody is before it", async () => {
  const stop = new AbortController();
  stop.abort();
  await newTurns().run(async () => assert.unreachable("it begins"), stop.signal);
});

test("one that does not end when it is told to loses its turn; that is told, and the next begins", async () => {
  const told: unknown[] = [];
  const turns = new SyncTurns({ tell: (error) => told.push(error), graceMs: 20 });
  const stop = new AbortController();
  let end: (error: Error) => void = () => undefined;
  let lost: AbortSignal | undefined;
  const deaf = turns.run((signal) => {
    lost = signal;
    return new Promise((_, reject) => {
      end = reject;
    });
  }, stop.signal);
  let isRun = false;
  const next = turns.run(() => {
    isRun = true;
    return Promise.resolve();
  }, new AbortController().signal);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.not(isRun, "nobody told it to stop: it takes as long as it takes");
  stop.abort();
  await Promise.all([deaf, next]);
  assert.ok(isRun && lost?.aborted === true);
  assert.equal(
    told.map((error) => (error as { code?: string }).code),
    ["timed-out"],
  );
  end(new Error("late"));
  await new Promise(setImmediate);
  assert.is((told[1] as Error).message, "late", "what it ends with is told, too");
});

test("one that fails holds nobody back", async () => {
  const turns = newTurns();
  const { signal } = new AbortController();
  const failing = turns.run(() => Promise.reject(new Error("a bug")), signal);
  let isRun = false;
  await turns.run(() => {
    isRun = true;
    return Promise.resolve();
  }, signal);
  assert.ok(isRun);
  await failing.then(
    () => assert.unreachable(),
    (error: unknown) => assert.is((error as Error).message, "a bug"),
  );
});

test.run();
