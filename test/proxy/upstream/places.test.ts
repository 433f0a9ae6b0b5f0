import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Places } from "../../../proxy/upstream/places.ts";
import { never } from "../../support/registry-server.ts";

const test = suite("proxy/upstream/places");

test("those who come later wait in their order; a place is given back once", async () => {
  const places = new Places(2);
  const order: number[] = [];
  const [first, second] = [await places.take(never), await places.take(never)];
  const others = [3, 4].map(async (number) => {
    const leave = await places.take(never);
    order.push(number);
    return leave;
  });
  await Promise.resolve();
  assert.equal(order, []);
  first();
  first();
  await others[0];
  assert.equal(order, [3]);
  second();
  await others[1];
  assert.equal(order, [3, 4]);
  for (const other of others) (await other)();
  // Both are free again, and no more than both.
  await Promise.all([places.take(never), places.take(never)]);
  const stop = new AbortController();
  const third = places.take(stop.signal);
  stop.abort(new Error("gave up"));
  await third.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "gave up"),
  );
});

test("who gives up leaves the line, and gets no place", async () => {
  const places = new Places(1);
  const leave = await places.take(never);
  const stop = new AbortController();
  const gone = places.take(stop.signal).catch((error: Error) => error.message);
  const next = places.take(never);
  stop.abort(new Error("gave up"));
  assert.is(await gone, "gave up");
  leave();
  (await next)();
  assert.is(typeof (await places.take(never)), "function");
});

test.run();
