import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PartWriter } from "../../../proxy/crossing/part-writer.ts";
import { TarCursor } from "../../../proxy/crossing/tar-cursor.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/part-writer");

test("members of any size are what was written", () => {
  const path = join(temporaryFolder(), "a.tar");
  const file = new PartWriter(path, "a.tar");
  const members = [0, 5, 512, 700_000, 2_000_000, 1].map((size) => Buffer.alloc(size, size % 251));
  for (const [index, bytes] of members.entries()) file.member(`m${index}`, bytes);
  file.finish();
  file.close();
  assert.is(readFileSync(path).length, file.size);
  const cursor = new TarCursor(path);
  for (const [index, bytes] of members.entries()) {
    assert.equal(cursor.header(), { name: `m${index}`, size: bytes.length });
    assert.ok(cursor.bytes(bytes.length).equals(bytes));
    cursor.padding(bytes.length);
  }
  cursor.end();
  cursor.close();
});

test("a full disk says so, and what helps", () => {
  if (!existsSync("/dev/full")) return;
  const file = new PartWriter("/dev/full", "archive.tar");
  const { message, remedy } = throwsCode("invalid-usage", () => {
    file.member("m", Buffer.alloc(2_000_000));
    file.finish();
  });
  file.close();
  assert.match(message, /archive\.tar: the disk is full \(ENOSPC\)/);
  assert.is(remedy, "disk");
});

test("a folder that is not there", () => {
  assert.match(throwsCode("invalid-usage", () => new PartWriter("/nowhere/a.tar", "a.tar")).message, /no such folder/);
});

test.run();
