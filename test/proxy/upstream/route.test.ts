import { getEventListeners } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import type { Known } from "../../../core/knowledge/answer.ts";
import { createRoute, type Part } from "../../../proxy/upstream/route.ts";

const test = suite("proxy/upstream/route");
const at = "2026-11-24T12:00:00.000Z";
const now = () => new Date(at);
const key = (reference: string) => ({ kind: "key", reference }) as const;
const part = (ask: Part<"key">["ask"]): Part<"key"> => ({ from: ({ reference }) => `keeper of ${reference}`, ask });
const present: Known<string> = { state: "present", value: "PEM", at, from: "keeper" };

test("to the part of its kind; what has no part stays open", async () => {
  const asked: string[] = [];
  const route = createRoute(
    {
      key: part(async ({ reference }) => {
        asked.push(reference);
        return reference === "mine" ? present : undefined;
      }),
    },
    { now },
  );
  assert.equal(await route.ask(key("mine")), present);
  assert.is(await route.ask(key("others")), undefined);
  assert.is(await route.ask({ kind: "trusted-root", name: "a" }), undefined);
  assert.equal(asked, ["mine", "others"]);
});

test("a coded error is an outage with its words; a defect flies on", async () => {
  const denied = new EngineError("access-denied", "no such luck", { subject: "user bot" });
  const route = createRoute({ key: part(() => Promise.reject(denied)) }, { now });
  assert.equal(await route.ask(key("a")), {
    state: "unavailable",
    code: "access-denied",
    at,
    from: "keeper of a",
    why: "no such luck",
    asked: "user bot",
  });
  const broken = createRoute({ key: part(() => Promise.reject(new TypeError("a defect"))) }, { now });
  await broken.ask(key("a")).then(
    () => assert.unreachable(),
    (error: unknown) => assert.instance(error, TypeError),
  );
});

test("the same question asked twice at once is asked once, and again afterwards", async () => {
  let asked = 0;
  const route = createRoute(
    {
      key: part(async () => {
        asked += 1;
        await Promise.resolve();
        return present;
      }),
    },
    { now },
  );
  const answers = await Promise.all([route.ask(key("a")), route.ask(key("a")), route.ask(key("b"))]);
  assert.equal([asked, ...answers], [2, present, present, present]);
  await route.ask(key("a"));
  assert.is(asked, 3);
});

test("past the deadline, or when the caller gives up, it is timed-out even if the part goes on", async () => {
  const never = part(() => new Promise<never>(() => undefined));
  const codeOf = async (route: ReturnType<typeof createRoute>): Promise<unknown> => {
    const answer = await route.ask(key("a"));
    return answer?.state === "unavailable" ? answer.code : answer;
  };
  assert.is(await codeOf(createRoute({ key: never }, { now, deadlineMs: 20 })), "timed-out");
  assert.is(await codeOf(createRoute({ key: never }, { now, signal: AbortSignal.abort() })), "timed-out");
  const gaveUp = new AbortController();
  const answer = codeOf(createRoute({ key: never }, { now, signal: gaveUp.signal }));
  gaveUp.abort();
  assert.is(await answer, "timed-out");
});

test("a part sees the deadline's signal", async () => {
  let seen: AbortSignal | undefined;
  const route = createRoute(
    {
      key: part(async (_, signal) => {
        seen = signal;
        return present;
      }),
    },
    { now, deadlineMs: 10_000 },
  );
  await route.ask(key("a"));
  assert.is(seen?.aborted, false);
});

test("however many are asked at once, the caller's signal ends all of them and is listened to once", async () => {
  const caller = new AbortController();
  const seen: AbortSignal[] = [];
  const hangs = part((_, signal) => {
    seen.push(signal);
    return new Promise<never>(() => undefined);
  });
  const route = createRoute({ key: hangs }, { now, signal: caller.signal });
  const asked = Promise.all(["a", "b", "c"].map((name) => route.ask(key(name))));
  assert.is(getEventListeners(caller.signal, "abort").length, 1);
  caller.abort("enough");
  const states = (await asked).map((answer) => answer?.state === "unavailable" && answer.code);
  assert.equal(states, ["timed-out", "timed-out", "timed-out"]);
  assert.equal(
    seen.map(({ aborted, reason }) => [aborted, reason]),
    [1, 2, 3].map(() => [true, "enough"]),
  );
  assert.is(getEventListeners(caller.signal, "abort").length, 0);
});

test.run();
