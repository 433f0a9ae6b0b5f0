import { PassThrough, Readable } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bodyPieces } from "../../../proxy/registry/body-pieces.ts";

const test = suite("proxy/registry/body-pieces");
/** Of a period that no buffer has: one that is used too early shows. */
const content = Buffer.from(Array.from({ length: 700_000 }, (_, at) => at % 251));
const inParts = (size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(content.length / size) }, (_, at) => content.subarray(at * size, (at + 1) * size)),
  );

/** All of it, where each piece is looked at after the next was given. */
async function late(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let held: Uint8Array | undefined;
  for await (const piece of source) {
    if (held !== undefined) parts.push(Buffer.from(held));
    held = piece;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (held !== undefined) parts.push(Buffer.from(held));
  return Buffer.concat(parts);
}

test("all of it, in parts of any size, and without what is left out", async () => {
  for (const size of [1000, 65_536, 200_000, 500_000])
    for (const skipped of [0, 1, 999, 1000, 300_001, 700_000, 800_000])
      assert.ok(
        (await late(bodyPieces(inParts(size), skipped))).equals(content.subarray(skipped)),
        `${size} ${skipped}`,
      );
});

test("what came is given at once, and only so much is taken as is wanted", async () => {
  const body = new PassThrough({ highWaterMark: 1000 });
  const pieces = bodyPieces(body, 0);
  body.write("abc");
  assert.is(Buffer.from((await pieces.next()).value).toString(), "abc");
  let taken = 0;
  const write = (): Promise<boolean> =>
    new Promise((resolve) => {
      const wait = setTimeout(() => resolve(false), 20);
      body.write(Buffer.alloc(50_000), () => {
        clearTimeout(wait);
        taken += 1;
        resolve(true);
      });
    });
  while (taken < 100 && (await write()));
  assert.ok(taken < 10, String(taken));
  await pieces.return(undefined);
  assert.ok(body.destroyed);
});

test("errors come after what came before them; an end that came too early is one", async () => {
  for (const error of [new Error("reset"), undefined]) {
    const body = new PassThrough();
    const pieces = bodyPieces(body, 0);
    body.write("abc");
    assert.is((await pieces.next()).value.length, 3);
    body.destroy(error);
    const failed = await pieces.next().then(
      () => undefined,
      (reason: Error) => reason,
    );
    assert.ok(failed instanceof Error);
  }
});

test.run();
