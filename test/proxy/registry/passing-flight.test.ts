import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { Slabs } from "../../../proxy/registry/layer-window.ts";
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
      for (let at = from; at < count * pieceBytes; at = (Math.floor(at / pieceBytes) + 1) * pieceBytes)
        yield piece(Math.floor(at / pieceBytes)).subarray(at % pieceBytes);
    },
    ...more,
  });
  return { flight, read: () => read, wasEnded: () => wasEnded, alone };
}

/**
 * Which pieces a client gets, all of whose bytes must be right. It looks at each part of them late: after it got the
 * next one, as those do who hold the last one back.
 */
async function take(
  source: AsyncIterable<Uint8Array>,
  each: () => unknown = () => undefined,
  taken: readonly Uint8Array[] = [],
) {
  const seen: number[] = [];
  let [at, held] = [0, taken.at(-1)];
  const look = (part: Uint8Array): void => {
    for (let from = 0; from < part.length; ) {
      const index = Math.floor(at / pieceBytes);
      const whole = piece(index).subarray(at % pieceBytes);
      const here = part.subarray(from, from + whole.length);
      if (Buffer.compare(here, whole.subarray(0, here.length)) !== 0) throw new Error(`${here[0]} at ${at}`);
      if (at % pieceBytes === 0) seen.push(index);
      at += here.length;
      from += here.length;
    }
  };
  for (const part of taken.slice(0, -1)) look(part);
  try {
    for await (const one of source) {
      if (held !== undefined) look(held);
      held = one;
      await each();
    }
  } finally {
    if (held !== undefined) look(held);
  }
  assert.is(at % pieceBytes, 0);
  return seen;
}
const value = async (reader: AsyncGenerator<Uint8Array>): Promise<Uint8Array> => (await reader.next()).value;
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
  const first = await value(reader);
  await pause(20);
  assert.ok(read() <= 5, String(read()));
  assert.equal(await take(reader, undefined, [first]), all(50));
});

test("who falls behind goes on alone and keeps nobody up; nothing of it is lost", async () => {
  const { flight, alone } = fly(20, 3);
  const slow = flight.read();
  // Sent late, when the others are far ahead: their bytes must not be overwritten.
  const first = [await value(slow), await value(slow)];
  assert.equal(await take(flight.read()), all(20));
  assert.not(flight.isWhole);
  assert.equal(await take(slow, undefined, first), all(20));
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
    let bytes = 0;
    try {
      for await (const one of flight.read()) bytes += one.length;
    } catch (error) {
      return [bytes, (error as EngineError).code];
    }
    return [bytes];
  };
  assert.equal(await Promise.all([failed(), failed()]), [
    [pieceBytes, "unreachable"],
    [pieceBytes, "unreachable"],
  ]);
  assert.is((await flight.ended)?.code, "unreachable");
});

test("what one flight is done with is used by the next, but not what is still being sent of it", async () => {
  const slabs = new Slabs(10 * 2 ** 20);
  const one = fly(6, 8, { slabs });
  const parts: Uint8Array[] = [];
  const reader = one.flight.read();
  for await (const part of reader) parts.push(part);
  await one.flight.ended;
  const other = fly(6, 8, { slabs, source: ones() });
  async function* ones() {
    for (let at = 0; at < 6; at++) yield piece(77);
  }
  let bytes = 0;
  for await (const part of other.flight.read()) {
    assert.ok(part.every((byte) => byte === 77));
    bytes += part.length;
  }
  assert.is(bytes, 6 * pieceBytes);
  assert.ok(parts.at(-1)?.every((byte) => byte === 5));
  assert.not(parts[0]?.every((byte) => byte === 0));
});

test.run();
