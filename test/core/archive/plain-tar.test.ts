import { extract } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeTarHeader, encodeTarHeader, memberBytes, paddingOf } from "../../../core/archive/plain-tar.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/archive/plain-tar");
const name = `blobs/sha256/${"a".repeat(64)}`;

async function readByTarStream(header: Buffer) {
  const reader = extract();
  const found = new Promise<{ readonly name: string; readonly size?: number; readonly type?: string | null }>(
    (resolve, reject) => {
      reader.on("entry", (entry) => resolve(entry));
      reader.on("error", reject);
    },
  );
  reader.write(header);
  const entry = await found;
  reader.destroy();
  return entry;
}

test("another library reads the same name, size and kind", async () => {
  for (const size of [0, 1, 511, 512, 8 ** 11 - 1, 8 ** 11, 2 ** 40]) {
    const entry = await readByTarStream(Buffer.from(encodeTarHeader(name, size)));
    assert.equal([entry.name, entry.size, entry.type], [name, size, "file"]);
    assert.equal(decodeTarHeader(encodeTarHeader(name, size), "a.tar"), { name, size });
  }
});

test("headers of other members, and of other writers, are refused", () => {
  const refused = (block: Buffer) => throwsCode("archive-corrupt", () => decodeTarHeader(block, "a.tar"));
  // Links, devices, folders, pipes and extended headers, each with the right checksum.
  for (const type of "1234567gxLK") {
    const block = Buffer.from(encodeTarHeader(name, 0));
    const sum = Number.parseInt(block.toString("latin1", 148, 154), 8) - "0".charCodeAt(0) + type.charCodeAt(0);
    block.write(type, 156, "latin1");
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    refused(block);
  }
  refused(Buffer.alloc(512));
  refused(Buffer.alloc(512, 0xff));
  for (let at = 0; at < 512; at += 1) {
    const block = Buffer.from(encodeTarHeader(name, 700));
    block[at] = (block[at] as number) ^ 1;
    refused(block);
  }
});

test("members fill blocks", () => {
  assert.equal([0, 1, 511, 512, 513].map(paddingOf), [0, 511, 1, 0, 511]);
  assert.equal([0, 1, 512, 513].map(memberBytes), [512, 1024, 1024, 1536]);
});

test.run();
