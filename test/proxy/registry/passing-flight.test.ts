import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { PassingFlight, type PassingOptions } from "../../../proxy/registry/passing-flight.ts";

const test = suite("proxy/registry/passing-flight");
const pieceBytes = 400_000;
const piece = (index: number): Uint8Array => new Uint8Array(pieceBytes).fill(index);

interface Made {
  readonly flight: PassingFlight;
  /** Pieces that were read from the registry. */
  readonly read: () => number;
  readonly wasEnded: () => boolean;
  readonly alone: number[];
}

/** A flight of so many pieces, with room for so many; who is left behind gets zeros. */
function fly(count: number, room: number, more: Partial<PassingOptions> = {}): Made {
  let read = 0;
  let wasEnded = false;
  const alone: number[] = [];
  async function* source() {
    try {
      for (; read < count; ) yield piece(read++);
    } finally {
      wasEnded = true;
    }
  }
  const flight = new PassingFlight({
    digest: "x",
    size: count * pieceBytes,
    source: source(),
    windowBytes: room * pieceBytes,
    patienceMs: 20,
    alone: async function* (from) {
      alone.push(from);
      for (let at = from; at < count * pieceBytes; at += pieceBytes) yield piece(at / pieceBytes);
    },
    ...more,
  });
  return { flight, read: () => read, wasEnded: () => wasEnded, alone };
}

/** What a client gets, as the first byte of each piece. */
async function take(source: AsyncIterable<Uint8Array>, each: () => unknown = () => undefined) {
  const seen: (number | undefined)[] = [];
  for await (const one of source) {
    seen.push(one[0]);
    await each();
  }
  return seen;
}
const all = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("many clients get all of one pull, those that come while it has its beginning too", async () => {
  const { flight, read, alone } = fly(5, 10);
  const first = take(flight.read(), () => pause(2));
  await pause(5);
  assert.ok(flight.isWhole);
  const later = await Promise.all([take(flight.read()), take(flight.read()), first]);
  assert.equal(later, [all(5), all(5), all(5)]);
  assert.equal([read(), alone, await flight.ended], [5, [], undefined]);
});

test("no more is read ahead than there is use for, and memory is bounded for one slow client", async () => {
  const { flight, read } = fly(50, 3);
  const reader = flight.read();
  await reader.next();
  await pause(20);
  assert.ok(read() <= 5, String(read()));
  assert.equal((await take(reader)).length, 49);
});

test("who falls behind goes on alone and keeps nobody up; nothing of it is lost", async () => {
  const { flight, alone } = fly(20, 3);
  const slow = flight.read();
  const seen = [(await slow.next()).value?.[0]];
  assert.equal(await take(flight.read()), all(20));
  assert.not(flight.isWhole);
  seen.push(...(await take(slow)));
  assert.equal(seen, all(20));
  assert.is(alone.length, 1);
  assert.is(await flight.ended, undefined);
});

test("who comes when the beginning is gone gets it alone", async () => {
  const { flight, alone } = fly(20, 3);
  await take(flight.read());
  assert.equal(await take(flight.read()), all(20));
  assert.equal(alone, [0]);
});

test("when nobody wants it any more, the pull ends", async () => {
  const { flight, read, wasEnded } = fly(1000, 3);
  const [one, two] = [flight.read(), flight.read()];
  await one.next();
  await two.next();
  await one.return(undefined);
  await two.return(undefined);
  await flight.ended;
  assert.ok(wasEnded());
  assert.ok(read() < 10);
  assert.not(flight.isWhole);
});

test("what nobody reads after all ends, and whoever comes then gets it alone", async () => {
  const { flight, alone, wasEnded } = fly(1000, 3);
  await pause(5);
  flight.release();
  await flight.ended;
  assert.ok(wasEnded());
  assert.not(flight.isWhole);
  assert.is((await take(flight.read())).length, 1000);
  assert.equal(alone, [0]);
});

test("a failure reaches everybody, after what came before it", async () => {
  async function* broken() {
    yield piece(0);
    throw new EngineError("unreachable", "reset");
  }
  const { flight } = fly(1, 10, { source: broken() });
  const failed = async () => {
    const seen: (number | undefined)[] = [];
    try {
      for await (const one of flight.read()) seen.push(one[0]);
    } catch (error) {
      return [...seen, (error as EngineError).code];
    }
    return seen;
  };
  assert.equal(await Promise.all([failed(), failed()]), [
    [0, "unreachable"],
    [0, "unreachable"],
  ]);
  assert.is((await flight.ended)?.code, "unreachable");
});

test.run();
