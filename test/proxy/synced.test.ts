import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { replaceFile, syncPath, writeSynced } from "../../proxy/synced.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("proxy/synced");

test("a file is made, and replaced whole", () => {
  const path = join(temporaryFolder(), "file");
  replaceFile(path, "one, which is longer");
  replaceFile(path, "two");
  assert.is(readFileSync(path, "utf8"), "two");
  assert.not.ok(existsSync(`${path}.new`));
});

test("what cannot replace a file leaves it", () => {
  const path = join(temporaryFolder(), "file");
  writeFileSync(path, "one");
  mkdirSync(`${path}.new`);
  assert.throws(() => replaceFile(path, "two"), /EISDIR/);
  assert.is(readFileSync(path, "utf8"), "one");
});

test("what cannot take its place leaves no second file; bytes are written as they are", () => {
  const path = join(temporaryFolder(), "folder");
  mkdirSync(join(path, "in-it"), { recursive: true });
  assert.throws(() => replaceFile(path, "two"), /EISDIR|ENOTEMPTY/);
  assert.not.ok(existsSync(`${path}.new`));
  replaceFile(join(path, "bytes"), Uint8Array.of(0, 255));
  assert.equal([...readFileSync(join(path, "bytes"))], [0, 255]);
});

test("files and folders are brought to the disk; what is not there is an error", () => {
  const folder = temporaryFolder();
  writeSynced(join(folder, "file"), "text");
  syncPath(join(folder, "file"));
  syncPath(folder);
  assert.is(readFileSync(join(folder, "file"), "utf8"), "text");
  assert.throws(() => syncPath(join(folder, "none")), /ENOENT/);
});

test.run();
