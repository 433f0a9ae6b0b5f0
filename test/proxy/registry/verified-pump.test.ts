import { Readable, Writable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { pumpVerified, type PumpOptions, toStreamError } from "../../../proxy/registry/verified-pump.ts";
import { rejectsCode } from "../../support/assert.ts";

const test = suite("proxy/registry/verified-pump");
const content = Buffer.from("abcdefghij");
const pieces = (bytes: Buffer, size = 3): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size)),
  );

function client(takes = true) {
  const got: Buffer[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(piece: Buffer, _, done) {
      got.push(piece);
      if (takes) done();
    },
  });
  return { stream, text: () => Buffer.concat(got).toString() };
}

const options = (more: Partial<PumpOptions> = {}): PumpOptions => ({
  digest: digestOf(content),
  maxBytes: 100,
  silenceMs: 1000,
  begin: () => undefined,
  ...more,
});

test("all of it, or a part of it, while all of it is hashed", async () => {
  for (const [range, expected] of [
    [undefined, "abcdefghij"],
    [{ start: 0, end: 1 }, "a"],
    [{ start: 2, end: 7 }, "cdefg"],
    [{ start: 9, end: 10 }, "j"],
  ] as const) {
    const { stream, text } = client();
    assert.is(await pumpVerified(pieces(content), stream, options({ range })), expected.length);
    assert.is(text(), expected);
    assert.ok(stream.writableEnded);
  }
});

test("the last piece of a wrong content is held back, of a part too", async () => {
  const wrong = Buffer.from("abcdefghiX");
  for (const range of [undefined, { start: 0, end: 2 }]) {
    const { stream, text } = client();
    await rejectsCode("upstream-error", () => pumpVerified(pieces(wrong), stream, options({ range })));
    assert.is(text(), range === undefined ? "abcdefghi" : "");
    assert.not.ok(stream.writableEnded);
  }
});

test("other sizes than the stated one, and more than the bound, end it", async () => {
  for (const [size, code] of [
    [9, "upstream-error"],
    [11, "upstream-error"],
  ] as const)
    await rejectsCode(code, () => pumpVerified(pieces(content), client().stream, options({ size })));
  await rejectsCode("over-limit", () => pumpVerified(pieces(content), client().stream, options({ maxBytes: 5 })));
});

test("it begins once, before the first piece, and not at all for what is wrong in one piece", async () => {
  for (const [bytes, begun] of [
    [content, 1],
    [Buffer.from("x"), 0],
  ] as const) {
    let count = 0;
    const { stream } = client();
    await pumpVerified(pieces(bytes), stream, options({ begin: () => (count += 1) })).catch(() => undefined);
    assert.is(count, begun);
  }
});

test("a client that takes nothing is not waited for, and one that is gone neither", async () => {
  await rejectsCode("timed-out", () => pumpVerified(pieces(content), client(false).stream, options({ silenceMs: 20 })));
  const { stream } = client(false);
  setTimeout(() => stream.destroy(), 10);
  await rejectsCode("timed-out", () => pumpVerified(pieces(content), stream, options()));
});

test("a large piece goes in parts, so that a slow client is seen to take some of it", async () => {
  const large = Buffer.alloc(1_000_000, "large");
  const sizes: number[] = [];
  const stream = new Writable({
    write(piece: Buffer, _, done) {
      sizes.push(piece.length);
      setTimeout(done, 1);
    },
  });
  const given = options({ digest: digestOf(large), maxBytes: large.length });
  assert.is(await pumpVerified(pieces(large, large.length), stream, given), large.length);
  assert.ok(sizes.length > 10 && sizes.every((size) => size <= 65_536));
});

test("a disk that is full is told from a registry that breaks off", () => {
  assert.is(toStreamError(Object.assign(new Error("x"), { code: "ENOSPC" }), "a").code, "mirror-busy");
  assert.is(toStreamError(Object.assign(new Error("x"), { code: "ECONNRESET" }), "a").code, "unreachable");
});

test.run();
