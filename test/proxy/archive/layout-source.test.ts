import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FolderSource, readAt } from "../../../proxy/archive/layout-source.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/layout-source");

test("files by their path, with size and date; nothing is undefined", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "blobs/sha256"), { recursive: true });
  writeFileSync(join(folder, "blobs/sha256/a"), "hello");
  const source = new FolderSource(folder);
  const file = source.open("blobs/sha256/a");
  assert.is(file?.size, 5);
  assert.instance(file?.changed, Date);
  assert.is(file?.read(5, 0).toString(), "hello");
  assert.is(file?.read(100, 3).toString(), "lo");
  file?.close();
  assert.is(source.open("blobs/sha256/b"), undefined);
  assert.equal(source.list("blobs/sha256"), ["a"]);
  throwsCode("archive-corrupt", () => source.list("nothing"));
  throwsCode("archive-corrupt", () => source.open("blobs/sha256/a/b"));
  source.close();
});

test("a folder, a pipe, a device and a link out of the folder are no files of it", () => {
  const folder = temporaryFolder();
  const outside = temporaryFolder();
  writeFileSync(join(outside, "secret"), "");
  writeFileSync(join(folder, "a"), "inside");
  mkdirSync(join(folder, "folder"));
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "device"));
  symlinkSync(join(outside, "secret"), join(folder, "out"));
  symlinkSync(outside, join(folder, "below"));
  symlinkSync("a", join(folder, "in"));
  // A folder whose name begins as this one's does.
  mkdirSync(`${folder}-more`);
  writeFileSync(join(`${folder}-more`, "a"), "");
  symlinkSync(join(`${folder}-more`, "a"), join(folder, "beside"));
  const source = new FolderSource(folder);
  for (const path of ["folder", "pipe", "device", "out", "below/secret", "beside"])
    throwsCode("archive-corrupt", () => source.open(path));
  const file = source.open("in");
  assert.is(file?.read(6, 0).toString(), "inside");
  file?.close();
});

test("reading at an offset gives what is there", () => {
  const path = join(temporaryFolder(), "a");
  writeFileSync(path, "0123456789");
  const handle = openSync(path, "r");
  assert.is(readAt(handle, 3, 4).toString(), "456");
  assert.is(readAt(handle, 30, 8).toString(), "89");
  assert.is(readAt(handle, 3, 20).length, 0);
  closeSync(handle);
});

test.run();
