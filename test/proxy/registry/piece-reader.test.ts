import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { piecesOf } from "../../../proxy/registry/piece-reader.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const test = suite("proxy/registry/piece-reader");
const content = Buffer.from(Array.from({ length: 700_000 }, (_, at) => (at * 7) % 256));
const path = join(tempFolder({ layer: content }), "layer");

/** Each piece is looked at after the next was given. */
async function read(start: number, end: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let held: Uint8Array | undefined;
  for await (const piece of piecesOf(path, start, end)) {
    if (held !== undefined) parts.push(Buffer.from(held));
    held = piece;
  }
  if (held !== undefined) parts.push(Buffer.from(held));
  return Buffer.concat(parts);
}

test("a file and its parts, and no more than it has", async () => {
  for (const [start, end] of [
    [0, 700_000],
    [0, 1],
    [262_143, 262_145],
    [5, 600_001],
    [699_999, 700_000],
    [0, Number.POSITIVE_INFINITY],
    [700_000, 800_000],
  ] as const)
    assert.ok((await read(start, end)).equals(content.subarray(start, end)), `${start} ${end}`);
});

test.run();
