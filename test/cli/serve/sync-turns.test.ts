import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SyncTurns } from "../../../cli/serve/sync-turns.ts";

const test = suite("cli/serve/sync-turns");

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
  const [turns, said] = [new SyncTurns(), [] as string[]];
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
  const [turns, said] = [new SyncTurns(), [] as string[]];
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

test("one that fails holds nobody back", async () => {
  const turns = new SyncTurns();
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
