import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createPace } from "../../../proxy/upstream/pace.ts";

const test = suite("proxy/upstream/pace");
const never = new AbortController().signal;

test("requests to one host keep a distance; another host does not wait for them", async () => {
  const slept: number[] = [];
  let clock = 1000;
  const pace = createPace({
    perSecond: 10,
    now: () => clock,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  });
  const [one, other] = [new URL("https://one.example/v2/"), new URL("https://other.example/v2/")];
  for (let count = 0; count < 3; count++) await pace(one, never);
  await pace(other, never);
  assert.equal(slept, [100, 200]);
  clock += 1000;
  await pace(one, never);
  assert.equal(slept, [100, 200]);
});

test("hosts have rates of their own, ports too; without one nobody waits", async () => {
  const slept: number[] = [];
  const rates = new Map([
    ["one.example:5000", 2],
    ["one.example", 4],
  ]);
  const pace = createPace({
    perSecond: (host) => rates.get(host),
    now: () => 0,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
  });
  for (const host of ["one.example:5000", "one.example", "other.example"])
    for (let count = 0; count < 2; count++) await pace(new URL(`https://${host}/v2/`), never);
  assert.equal(slept, [500, 250]);
});

test("the wait ends with the signal", async () => {
  const told = new AbortController();
  const pace = createPace({ perSecond: 0.001 });
  const host = new URL("https://one.example/");
  await pace(host, told.signal);
  const waiting = pace(host, told.signal);
  told.abort();
  await waiting.then(
    () => assert.unreachable(),
    (error: unknown) => assert.is(error instanceof Error && error.name, "AbortError"),
  );
});

test.run();
