/** A capsule that is fetched: bounded, renewed, and the last good one kept. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { limitsWith } from "../../../core/limits.ts";
import { HeldCapsule, type HeldCapsuleOptions } from "../../../proxy/edge/held-capsule.ts";
import { fastVerifier, Lab, sign } from "../../lab/index.ts";
import { makeKey, ourKey } from "../../support/archive-store.ts";
import { makeCapsule } from "../../support/capsules.ts";

const test = suite("proxy/edge/held-capsule");
const signed = sign(new Lab(), { layout: "tag" });
const capsule = (sequence: number): Uint8Array => makeCapsule([signed], { sequence }).bytes;
const url = "https://capsules.example/capsule.tar";

/** A server of one file, and a clock that is set by hand. */
class Stage {
  answer: (request: Request) => Response | Promise<Response> = () => new Response(capsule(1));
  now = 0;
  asked = 0;
  readonly faults: string[] = [];

  open(changes: Partial<HeldCapsuleOptions> = {}): HeldCapsule {
    return new HeldCapsule({
      capsule: url,
      keys: [ourKey.key],
      verifier: fastVerifier,
      limits: limitsWith(),
      refreshMs: 60_000,
      timeoutMs: 5_000,
      now: () => new Date(this.now),
      fetch: async (input, init) => {
        this.asked += 1;
        return this.answer(new Request(input as string, init));
      },
      failed: ({ code }) => void this.faults.push(code),
      ...changes,
    });
  }
}

const sequenceOf = async (held: HeldCapsule): Promise<number> => (await held.current()).capsule.sequence;
const codeOf = async (held: HeldCapsule): Promise<string> => {
  try {
    await held.current();
    return "there is a capsule";
  } catch (error) {
    return error instanceof EngineError ? error.code : String(error);
  }
};

test("it is fetched once, and again when it is due", async () => {
  const stage = new Stage();
  const held = stage.open();
  assert.equal(await Promise.all([sequenceOf(held), sequenceOf(held), sequenceOf(held)]), [1, 1, 1]);
  assert.is(stage.asked, 1);
  stage.answer = () => new Response(capsule(2));
  stage.now = 59_999;
  assert.is(await sequenceOf(held), 1);
  stage.now = 60_000;
  assert.is(await sequenceOf(held), 2);
  assert.is(stage.asked, 2);
});

test("whatever is wrong with a newer one, the last good one decides", async () => {
  const stage = new Stage();
  const held = stage.open({ limits: limitsWith({ capsuleBytes: capsule(5).length }) });
  stage.answer = () => new Response(capsule(5));
  assert.is(await sequenceOf(held), 5);
  const stranger = makeCapsule([signed], { sequence: 6, sign: makeKey().signing.sign }).bytes;
  const wrong: readonly (readonly [string, Stage["answer"]])[] = [
    ["upstream-error", () => new Response("busy", { status: 500 })],
    ["upstream-error", () => new Response("gone", { status: 404 })],
    ["unreachable", () => Promise.reject(new TypeError("fetch failed"))],
    ["timed-out", () => Promise.reject(new DOMException("late", "TimeoutError"))],
    ["archive-corrupt", () => new Response(capsule(6).subarray(0, 4096))],
    ["archive-signature", () => new Response(stranger)],
    ["rollback", () => new Response(capsule(4))],
    ["over-limit", () => new Response(new Uint8Array(capsule(5).length + 512))],
    [
      "over-limit",
      () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })),
    ],
  ];
  for (const [code, answer] of wrong) {
    stage.answer = answer;
    stage.now += 60_000;
    assert.is(await sequenceOf(held), 5, code);
    assert.is(held.fault?.code, code);
  }
  assert.equal(
    stage.faults,
    wrong.map(([code]) => code),
  );
  stage.answer = () => new Response(capsule(6));
  stage.now += 60_000;
  assert.is(await sequenceOf(held), 6);
  assert.is(held.fault, undefined);
});

test("what has not changed is not sent again", async () => {
  const stage = new Stage();
  stage.answer = ({ headers }) =>
    headers.get("if-none-match") === '"a"'
      ? new Response(null, { status: 304 })
      : new Response(capsule(3), { headers: { etag: '"a"' } });
  const held = stage.open();
  assert.is(await sequenceOf(held), 3);
  stage.now = 60_000;
  assert.is(await sequenceOf(held), 3);
  assert.is(held.fault, undefined);
});

test("one that was refused is not taken for the newest when it is still there", async () => {
  const stage = new Stage();
  let [tag, bytes] = ['"a"', capsule(3)];
  stage.answer = ({ headers }) =>
    headers.get("if-none-match") === tag
      ? new Response(null, { status: 304 })
      : new Response(bytes, { headers: { etag: tag } });
  const held = stage.open();
  assert.is(await sequenceOf(held), 3);
  [tag, bytes] = ['"b"', capsule(2)];
  for (const now of [60_000, 120_000]) {
    stage.now = now;
    assert.is(await sequenceOf(held), 3);
    assert.is(held.fault?.code, "rollback", String(now));
  }
  assert.equal(stage.faults, ["rollback", "rollback"]);
});

test("before there was one, nothing decides", async () => {
  const stage = new Stage();
  stage.answer = () => new Response("", { status: 503 });
  const held = stage.open();
  assert.is(await codeOf(held), "upstream-error");
  assert.is(await codeOf(held), "upstream-error");
  assert.is(stage.asked, 1, "it is not asked again before it is due");
  assert.is(await codeOf(stage.open({ capsule: capsule(1), floor: 2 })), "rollback");
  assert.is(await codeOf(stage.open({ capsule: capsule(1), keys: [] })), "archive-signature");
});

test("while there is none it is asked for sooner than a newer one would be", async () => {
  const stage = new Stage();
  stage.answer = () => new Response("", { status: 503 });
  const held = stage.open({ refreshMs: 3_600_000 });
  assert.is(await codeOf(held), "upstream-error");
  stage.now = 9_999;
  assert.is(await codeOf(held), "upstream-error");
  assert.is(stage.asked, 1);
  stage.answer = () => new Response(capsule(1));
  stage.now = 10_000;
  assert.is(await sequenceOf(held), 1);
  stage.now = 3_600_000;
  assert.is(await sequenceOf(held), 1);
  assert.is(stage.asked, 2);
});

test("what never comes is late, also from a fetch that does not listen, and its sender is told", async () => {
  const stage = new Stage();
  const held = stage.open({ timeoutMs: 20, refreshMs: 0 });
  let sent: ((response: Response) => void) | undefined;
  let cancelled = 0;
  const body = (start: (controller: ReadableStreamDefaultController<Uint8Array>) => void): ReadableStream<Uint8Array> =>
    new ReadableStream({
      start,
      cancel: () => {
        cancelled += 1;
      },
    });
  stage.answer = () =>
    new Promise<Response>((resolve) => {
      sent = resolve;
    });
  assert.is(await codeOf(held), "timed-out");
  sent?.(new Response(body(() => undefined)));
  stage.answer = () => new Response(body((controller) => controller.enqueue(capsule(1).subarray(0, 1024))));
  assert.is(await codeOf(held), "timed-out");
  assert.is(cancelled, 2);
  stage.answer = () =>
    new Response(
      body(() => undefined),
      { status: 404 },
    );
  assert.is(await codeOf(held), "upstream-error");
  assert.is(cancelled, 3);
  assert.equal(stage.faults, ["timed-out", "timed-out", "upstream-error"]);
  stage.answer = () => new Response(capsule(1));
  assert.is(await sequenceOf(held), 1);
});

test("a try that ended with somebody else's request hangs nobody", async () => {
  const stage = new Stage();
  const held = stage.open({ timeoutMs: 20 });
  const { timeout } = AbortSignal;
  // As where a worker's request is cancelled: neither its fetch nor its clock goes on.
  AbortSignal.timeout = () => new AbortController().signal;
  stage.answer = () => new Promise(() => undefined);
  held.current().catch(() => undefined);
  AbortSignal.timeout = timeout;
  assert.equal(await Promise.all([codeOf(held), codeOf(held)]), ["timed-out", "timed-out"]);
  assert.equal(stage.faults, ["timed-out"], "told once");
  stage.answer = () => new Response(capsule(1));
  stage.now = 60_000;
  assert.is(await sequenceOf(held), 1);
});

test("who is denied reads where a capsule is, and not what gives access to it", async () => {
  const told: string[] = [];
  const stage = new Stage();
  const held = stage.open({
    capsule: `${url}?signature=SECRET`,
    failed: ({ message, subject }) => void told.push(`${subject}: ${message}`),
  });
  const answers: readonly (() => Response)[] = [
    () => new Response("", { status: 500 }),
    () => {
      throw new TypeError(`error sending request for url (${url}?signature=SECRET): refused`);
    },
    () => {
      throw new TypeError("HTTPS://other.example/moved?signature=SECRET#SECRET is gone");
    },
    () => new Response("x", { headers: { "content-length": "999999999999" } }),
  ];
  for (const answer of answers) {
    stage.answer = answer;
    stage.now += 60_000;
    await codeOf(held);
  }
  assert.equal(told, [
    `${url}: the server answered 500`,
    `${url}: the capsule cannot be fetched: TypeError: error sending request for url (${url}): refused`,
    `${url}: the capsule cannot be fetched: TypeError: HTTPS://other.example/moved is gone`,
    `${url}: more than ${limitsWith().capsuleBytes} bytes`,
  ]);
});

test("an address that nobody can fetch is refused at once, and not repeated: it may hold a password", () => {
  for (const capsule of [
    "https://user:SECRET@a.example/c.tar",
    "https://SECRET@a.example/",
    "SECRET",
    "file:///SECRET",
  ])
    try {
      new Stage().open({ capsule });
      assert.unreachable(capsule);
    } catch (error) {
      assert.is((error as EngineError).code, "invalid-usage");
      assert.not.match(String(error), /SECRET/);
    }
});

test("what is neither bytes nor an address is refused before anything is asked", () => {
  for (const capsule of [undefined, new ArrayBuffer(8), {}])
    try {
      new Stage().open({ capsule: capsule as never });
      assert.unreachable(String(capsule));
    } catch (error) {
      assert.is((error as EngineError).message, "neither a Uint8Array nor an address");
    }
});

test("a floor that is no number decides nothing", async () => {
  assert.is(await codeOf(new Stage().open({ floor: Number.NaN })), "invalid-usage");
});

test("a clock that was put back does not keep a newer one away", async () => {
  const stage = new Stage();
  stage.now = 900_000_000;
  const held = stage.open();
  assert.is(await sequenceOf(held), 1);
  stage.answer = () => new Response(capsule(2));
  stage.now = 1000;
  assert.is(await sequenceOf(held), 2);
});

test.run();
