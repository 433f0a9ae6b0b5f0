import { existsSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SpoolFile } from "../../../proxy/crossing/spool-file.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/spool-file");

test("bytes come back from their places, however many, through one buffer", () => {
  const path = join(temporaryFolder(), "bytes");
  const file = new SpoolFile(path);
  assert.not(existsSync(path));
  assert.equal([...file.pieces({ at: 0, size: 0 })], []);
  const given = [3, 700_000, 1, 262_144].map((size, index) => Buffer.alloc(size, index + 1));
  const places = given.map((bytes) => ({ at: file.append(bytes), size: bytes.length }));
  assert.is(file.size, 962_148);
  const buffers = new Set<ArrayBufferLike>();
  for (const [index, place] of places.entries()) {
    const copies: Buffer[] = [];
    for (const piece of file.pieces(place)) {
      buffers.add(piece.buffer);
      copies.push(Buffer.from(piece));
    }
    assert.ok(Buffer.concat(copies).equals(given[index] as Buffer));
  }
  assert.is(buffers.size, 1);
  truncateSync(path, 100);
  throwsCode("mirror-corrupt", () => [...file.pieces(places[1] as (typeof places)[number])]);
  file.close();
  file.close();
});

test.run();
