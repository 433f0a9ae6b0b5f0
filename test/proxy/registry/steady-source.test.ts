import { Readable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { steadySource, type SteadyOptions } from "../../../proxy/registry/steady-source.ts";
import type { OpenBlob } from "../../../proxy/upstream/registry/registry-client.ts";

const test = suite("proxy/registry/steady-source");
const content = Buffer.from("0123456789abcdef");
const reset = Object.assign(new Error("reset"), { code: "ECONNRESET" });

/** A blob from a byte on, in pieces of three bytes, that breaks after so many of them. */
function blobFrom(from: number, breaksAfter = Number.POSITIVE_INFINITY, error: Error = reset): OpenBlob {
  async function* pieces() {
    for (let at = from, count = 0; at < content.length; at += 3, count++) {
      if (count === breaksAfter) throw error;
      yield content.subarray(at, at + 3);
    }
  }
  return { body: Readable.from(pieces()), size: content.length, from };
}

async function read(blob: OpenBlob, open: SteadyOptions["open"], more: Partial<SteadyOptions> = {}, at = 0) {
  const limits = { layerResumes: 3, leastLayerRate: 0 };
  const pieces: Uint8Array[] = [];
  let code: string | undefined;
  try {
    for await (const piece of steadySource(blob, at, { subject: "x", open, limits, ...more }))
      pieces.push(Buffer.from(piece));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    code = error.code;
  }
  return { text: Buffer.concat(pieces).toString(), code };
}
const never = (): never => assert.unreachable("nothing is to be opened again") as never;
const whole = content.toString();

test("what breaks in the middle goes on where it broke", async () => {
  const asked: number[] = [];
  const found = await read(blobFrom(0, 2), async (from) => {
    asked.push(from);
    return blobFrom(from, asked.length < 2 ? 1 : undefined);
  });
  assert.equal([found, asked], [{ text: whole, code: undefined }, [6, 9]]);
});

test("a registry that gives no parts gives it from its beginning, and what was read is left out", async () => {
  assert.equal(await read(blobFrom(0, 2), async () => blobFrom(0)), { text: whole, code: undefined });
  const rest = await read(blobFrom(0), never, {}, 7);
  assert.equal(rest, { text: whole.slice(7), code: undefined });
});

test("one that breaks without giving anything, too often, or has something else, is an outage", async () => {
  assert.equal(await read(blobFrom(0, 0), never), { text: "", code: "unreachable" });
  assert.equal(await read(blobFrom(0, 1), async (from) => blobFrom(from, 0)), { text: "012", code: "unreachable" });
  let opened = 0;
  const often = await read(blobFrom(0, 1), async (from) => {
    opened += 1;
    return blobFrom(from, 1);
  });
  assert.equal([often.code, opened], ["unreachable", 3]);
  const other = await read(blobFrom(0, 1), async (from) => ({ ...blobFrom(from), size: 5 }));
  assert.is(other.code, "unreachable");
  assert.is((await read(blobFrom(0, 1), async () => undefined)).code, "unreachable");
});

test("what is no broken connection is not asked for again", async () => {
  const wrong = new EngineError("over-limit", "too much");
  assert.equal(await read(blobFrom(0, 1, wrong), never), { text: "012", code: "over-limit" });
});

/** Pieces that come after so many milliseconds each. */
function slowBlob(...waits: readonly number[]): OpenBlob {
  async function* pieces() {
    for (const ms of waits) {
      await new Promise((resolve) => setTimeout(resolve, ms));
      yield content.subarray(0, 1);
    }
  }
  return { body: Readable.from(pieces()), size: waits.length, from: 0 };
}
const slow = { firstMs: 30, rateMs: 60 };

test("a first piece that does not come, and a rate below the least, are said in time", async () => {
  const limits = { layerResumes: 0, leastLayerRate: 0 };
  assert.equal(await read(slowBlob(100_000), never, { ...slow, limits }), { text: "", code: "timed-out" });
  assert.equal(await read(slowBlob(0, 100_000), never, { ...slow, limits }), { text: "0", code: "timed-out" });
  const dripping = slowBlob(...Array.from({ length: 50 }, () => 10));
  const rate = { layerResumes: 0, leastLayerRate: 1000 };
  assert.is((await read(dripping, never, { firstMs: 10_000, rateMs: 60, limits: rate })).code, "timed-out");
});

test("a client that takes its time is no slow registry", async () => {
  const limits = { layerResumes: 0, leastLayerRate: 1_000_000 };
  let count = 0;
  for await (const piece of steadySource(blobFrom(0), 0, { subject: "x", open: never, limits, rateMs: 400 })) {
    // Once, and for longer than the rate is measured.
    if (count === 0) await new Promise((resolve) => setTimeout(resolve, 450));
    count += piece.length;
  }
  assert.is(count, content.length);
});

test.run();
