import { closeSync, openSync, readFileSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { LayoutSource } from "../../../proxy/archive/layout-source.ts";
import { openTar } from "../../../proxy/archive/tar-source.ts";
import { rejectsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/tar-source");

interface Part {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly type?: "file" | "link" | "symlink" | "directory" | "fifo" | "character-device" | "block-device";
  readonly linkname?: string;
}

async function archive(...parts: readonly Part[]): Promise<Buffer> {
  const packed = pack();
  for (const { name, content, type = "file", linkname } of parts)
    packed.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, content ?? "");
  packed.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of packed) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}

const written = (bytes: Uint8Array): string => {
  const path = join(temporaryFolder(), "layout.tar");
  writeFileSync(path, bytes);
  return path;
};
const open = async (...parts: readonly Part[]) => openTar(written(await archive(...parts)), defaultLimits);
const textOf = (source: LayoutSource, path: string): string | undefined => {
  const file = source.open(path);
  return file?.read(file.size, 0).toString();
};
const long = `blobs/${"deep/".repeat(60)}file`;

test("members are read where they stand, compressed or not, whatever their names look like", async () => {
  const big = Buffer.alloc(3_000_000, 7);
  const bytes = await archive(
    { name: "./", type: "directory" },
    { name: "./oci-layout", content: "marker" },
    { name: "blobs/sha256/a", content: "first" },
    { name: long, content: "deep" },
    { name: "./blobs/./sha256//big", content: big },
    { name: "blobs/sha256/empty" },
    { name: "blobs/sha256/ä", content: "ü" },
    { name: "last", content: "x".repeat(511) },
  );
  for (const source of [
    await openTar(written(bytes), defaultLimits),
    await openTar(written(gzipSync(bytes)), defaultLimits),
    await openTar(written(bytes.subarray(0, bytes.length - 1024)), defaultLimits),
  ]) {
    assert.is(textOf(source, "oci-layout"), "marker");
    assert.is(textOf(source, "blobs/sha256/a"), "first");
    assert.is(textOf(source, long), "deep");
    assert.is(textOf(source, "blobs/sha256/empty"), "");
    assert.is(textOf(source, "blobs/sha256/ä"), "ü");
    assert.is(textOf(source, "last"), "x".repeat(511));
    assert.is(textOf(source, "nothing"), undefined);
    assert.equal([...source.list("blobs/sha256")].sort(), ["a", "big", "empty", "ä"]);
    const file = source.open("blobs/sha256/big");
    assert.is(file?.size, big.length);
    assert.ok(file?.read(big.length, 0).equals(big));
    assert.is(file?.read(100, big.length - 3).length, 3, "never beyond the member");
    assert.is(file?.read(100, big.length + 3).length, 0);
    source.close();
  }
});

test("two members may have one name only if they have one content", async () => {
  const source = await open({ name: "a", content: "same" }, { name: "b" }, { name: "./a", content: "same" });
  assert.is(textOf(source, "a"), "same");
  source.close();
  for (const other of ["size", "othr"])
    await rejectsCode("archive-corrupt", () => open({ name: "a", content: "same" }, { name: "./a", content: other }));
});

test("links inside are followed; links, paths and members that are no files are refused", async () => {
  const source = await open(
    { name: "blobs/sha256/a", content: "first" },
    { name: "blobs/sha256/hard", type: "link", linkname: "blobs/sha256/a" },
    { name: "blobs/sha256/soft", type: "symlink", linkname: "../sha256/a" },
    { name: "dangling", type: "symlink", linkname: "nothing" },
  );
  assert.equal(
    ["hard", "soft"].map((name) => textOf(source, `blobs/sha256/${name}`)),
    ["first", "first"],
  );
  assert.is(source.open("dangling"), undefined);
  source.close();
  for (const part of [
    { name: "../oci-layout", content: "x" },
    { name: "/etc/passwd", content: "x" },
    { name: "a/../../b", content: "x" },
    { name: "a", type: "symlink", linkname: "/etc/passwd" },
    { name: "a", type: "symlink", linkname: "../../etc/passwd" },
    { name: "a", type: "link", linkname: "../b" },
    { name: "a", type: "fifo" },
    { name: "a", type: "character-device" },
    { name: "a", type: "block-device" },
  ] as const)
    await rejectsCode("archive-corrupt", () => open({ name: "oci-layout", content: "x" }, part));
});

test("folders are listed with what is below them, and every layout in the archive is found", async () => {
  const source = await open(
    { name: "saved/", type: "directory" },
    { name: "saved/oci-layout", content: "marker" },
    { name: "saved/blobs/sha256/a", content: "first" },
    { name: "README", content: "beside" },
  );
  assert.equal([...source.list(".")].sort(), ["README", "saved"]);
  assert.equal([...source.list("saved")].sort(), ["blobs", "oci-layout"]);
  assert.equal(source.list("saved/blobs/sha256"), ["a"]);
  assert.equal(source.list("nowhere"), []);
  assert.equal(source.markers(), ["saved/oci-layout"]);
  source.close();
});

test("bounds: members, and bytes of what was compressed", async () => {
  const bytes = await archive({ name: "a", content: Buffer.alloc(1 << 20) }, { name: "b" });
  await rejectsCode("over-limit", () => openTar(written(bytes), { ...defaultLimits, layoutEntries: 1 }));
  const bomb = written(gzipSync(bytes));
  await rejectsCode("over-limit", () => openTar(bomb, { ...defaultLimits, layoutArchiveBytes: 1 << 20 }));
  (await openTar(bomb, { ...defaultLimits, layoutArchiveBytes: bytes.length })).close();
});

test("cut short at any block, and damaged headers, are damage and no surprise", async () => {
  const bytes = await archive(
    { name: "oci-layout", content: "x".repeat(700) },
    { name: long, content: "deep" },
    { name: "last", content: "y".repeat(700) },
  );
  for (let length = 1; length < bytes.length - 1024; length += 256) {
    const path = written(bytes.subarray(0, length));
    await openTar(path, defaultLimits).then(
      (source) => source.close(),
      (error) => assert.ok(["archive-corrupt", "invalid-usage"].includes(error.code), `${length}: ${error.message}`),
    );
  }
  for (const at of [0, 124, 148, 156, 257]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await rejectsCode("invalid-usage", () => openTar(written(changed), defaultLimits));
  }
  const second = Buffer.from(bytes);
  second[512 + 1024 + 148] = 0x41;
  await rejectsCode("archive-corrupt", () => openTar(written(second), defaultLimits));
  const zipped = gzipSync(bytes);
  await rejectsCode("archive-corrupt", () => openTar(written(zipped.subarray(0, zipped.length - 20)), defaultLimits));
});

test("a block of zeros where a header belongs hides nothing: two end an archive, or its last one", async () => {
  const [first, second] = [await archive({ name: "oci-layout", content: "x" }), await archive({ name: "late" })];
  const whole = first.subarray(0, first.length - 1024);
  const zeros = (blocks: number) => Buffer.alloc(512 * blocks);
  for (const rest of [[], [zeros(1)], [zeros(2)], [zeros(18)], [zeros(2), second]])
    assert.is(textOf(await openTar(written(Buffer.concat([whole, ...rest])), defaultLimits), "oci-layout"), "x");
  await rejectsCode("archive-corrupt", () => openTar(written(Buffer.concat([whole, zeros(1), second])), defaultLimits));
});

test("a size that the file does not have is no promise", async () => {
  const path = written(await archive({ name: "oci-layout", content: "x".repeat(100) }));
  const source = await openTar(path, defaultLimits);
  truncateSync(path, 520);
  assert.is(source.open("oci-layout")?.read(100, 0).length, 8);
  source.close();
  const header = Buffer.from(readFileSync(written(await archive({ name: "a", content: "x" }))));
  header.write("77777777777\0", 124);
  const sum = header.subarray(0, 512).reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  await rejectsCode("archive-corrupt", () => openTar(written(header), defaultLimits));
});

test("other formats are called what they are", async () => {
  for (const magic of ["fd377a585a00", "425a683931", "504b030400"])
    await rejectsCode("unsupported", () => openTar(written(Buffer.from(magic, "hex")), defaultLimits));
  for (const text of ["{}", "", "not a tar archive ".repeat(100)]) {
    const path = written(Buffer.from(text));
    if (text === "") assert.equal((await openTar(path, defaultLimits)).list("blobs"), []);
    else await rejectsCode(["invalid-usage", "archive-corrupt"], () => openTar(path, defaultLimits));
  }
});

test("a header without an end is refused before it fills memory", async () => {
  const path = join(temporaryFolder(), "layout.tar");
  const one = await archive({ name: long, content: "x" });
  // The pax header before the member, again and again.
  const pax = one.subarray(0, 1024);
  const handle = openSync(path, "w");
  for (let count = 0; count < 2000; count++) writeSync(handle, pax);
  closeSync(handle);
  await rejectsCode("archive-corrupt", () => openTar(path, defaultLimits));
});

test.run();
