import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeTarHeader } from "../../../core/archive/plain-tar.ts";
import { TarCursor } from "../../../proxy/crossing/tar-cursor.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/tar-cursor");
const path = join(temporaryFolder(), "file");

function using<T>(bytes: Uint8Array, use: (cursor: TarCursor) => T): T {
  writeFileSync(path, bytes);
  const cursor = new TarCursor(path);
  try {
    return use(cursor);
  } finally {
    cursor.close();
  }
}

test("pieces of any size, forwards and back, beyond the window", () => {
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 7) % 251));
  using(bytes, (cursor) => {
    assert.equal(cursor.bytes(10), bytes.subarray(0, 10));
    assert.ok(cursor.bytes(2_500_000).equals(bytes.subarray(10, 2_500_010)));
    cursor.position = 5;
    assert.ok(Buffer.concat([...cursor.pieces(2_000_000)].map((piece) => Buffer.from(piece))).length === 2_000_000);
    assert.is(cursor.position, 2_000_005);
    throwsCode("archive-corrupt", () => cursor.bytes(1_000_000));
    cursor.position = 2_999_999;
    throwsCode("archive-corrupt", () => cursor.take(2));
  });
});

test("a member, its padding and the end", () => {
  const member = Buffer.concat([encodeTarHeader("a", 3), Buffer.from("abc"), Buffer.alloc(509)]);
  using(Buffer.concat([member, Buffer.alloc(1024)]), (cursor) => {
    assert.equal(cursor.header(), { name: "a", size: 3 });
    assert.is(cursor.bytes(3).toString(), "abc");
    cursor.padding(3);
    cursor.end();
  });
  using(Buffer.concat([member, Buffer.alloc(1025)]), (cursor) => {
    cursor.position = member.length;
    throwsCode("archive-corrupt", () => cursor.end());
  });
  using(Buffer.concat([member, Buffer.alloc(1023), Buffer.from("x")]), (cursor) => {
    cursor.position = member.length;
    throwsCode("archive-corrupt", () => cursor.end());
  });
});

test("what is no file", () => {
  throwsCode("invalid-usage", () => new TarCursor("/nowhere"));
  throwsCode("invalid-usage", () => new TarCursor("/dev/null"));
  throwsCode("invalid-usage", () => new TarCursor(temporaryFolder()));
});

test("one that rests holds no file, and goes on where it was", () => {
  const bytes = Buffer.from("0123456789");
  using(bytes, (cursor) => {
    assert.equal(cursor.bytes(4), bytes.subarray(0, 4));
    cursor.rest();
    const held = readdirSync("/proc/self/fd").filter((fd) => linkOf(`/proc/self/fd/${fd}`) === path);
    assert.equal(held, []);
    assert.equal(cursor.bytes(3), bytes.subarray(4, 7));
    cursor.rest();
    cursor.rest();
    assert.equal(cursor.bytes(3), bytes.subarray(7));
    cursor.rest();
    rmSync(path);
    throwsCode("invalid-usage", () => cursor.bytes(1));
  });
});

/** Where a handle leads; the one by which this list is read is gone by now. */
function linkOf(link: string): string | undefined {
  return existsSync(link) ? readlinkSync(link) : undefined;
}

test.run();
