/** Bodies, whatever their senders say of their length. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { readBounded } from "../../../proxy/edge/read-bounded.ts";

const test = suite("proxy/edge/read-bounded");
const isTooLarge = (error: unknown): boolean => error instanceof EngineError && error.code === "over-limit";
const refused = async (body: Response): Promise<boolean> => readBounded(body, 10, "body").then(() => false, isTooLarge);

test("a body up to the bound is read whole, in any number of pieces", async () => {
  assert.is((await readBounded(new Response(null), 10, "body")).length, 0);
  assert.equal(await readBounded(new Response("0123456789"), 10, "body"), new TextEncoder().encode("0123456789"));
  const pieces = new ReadableStream({
    start: (controller) => {
      for (const byte of [1, 2, 3]) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  assert.equal(await readBounded(new Response(pieces), 10, "body"), Uint8Array.of(1, 2, 3));
});

test("a longer one is refused by what its header says, and by what comes", async () => {
  assert.ok(await refused(new Response("x", { headers: { "content-length": "11" } })));
  assert.ok(await refused(new Response("01234567890", { headers: { "content-length": "3" } })));
  let pulled = 0;
  let ended = false;
  const endless = new ReadableStream({
    pull: (controller) => {
      pulled += 1;
      controller.enqueue(new Uint8Array(4));
    },
    cancel: () => {
      ended = true;
    },
  });
  assert.ok(await refused(new Response(endless)));
  assert.ok(pulled <= 5, `${pulled} pieces were read`);
  assert.ok(ended, "its sender is told");
  ended = false;
  const told = new ReadableStream({
    cancel: () => {
      ended = true;
    },
  });
  assert.ok(await refused(new Response(told, { headers: { "content-length": "11" } })));
  assert.ok(ended, "also where its header was too much");
});

test("nobody waits longer than a signal says", async () => {
  const late = new Error("late");
  const reason = async (signal: AbortSignal): Promise<unknown> =>
    readBounded(new Response(new ReadableStream()), 10, "body", signal).catch((error: unknown) => error);
  const controller = new AbortController();
  const waiting = reason(controller.signal);
  controller.abort(late);
  assert.is(await waiting, late);
  assert.is(await reason(AbortSignal.abort(late)), late);
  assert.is((await readBounded(new Response("0123"), 10, "body", new AbortController().signal)).length, 4);
});

test.run();
