/** Folders that are made, and those that cannot be. */
import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { makeFolder } from "../../proxy/make-folder.ts";
import { temporaryFolder } from "../support/temporary-mirror.ts";

const test = suite("proxy/make-folder");

const codeOf = (path: string): unknown => {
  try {
    makeFolder(path);
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
};

test("makes what is missing, and leaves alone what is there", () => {
  const folder = join(temporaryFolder(), "a", "b", "c");
  makeFolder(folder);
  assert.ok(existsSync(folder));
  makeFolder(folder);
  makeFolder(`${folder}/`);
  makeFolder("/");
});

test("where no folder can be, the system's code comes back", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  symlinkSync(join(folder, "nowhere"), join(folder, "link"));
  assert.is(codeOf(join(folder, "file")), "EEXIST");
  assert.is(codeOf(join(folder, "file", "below")), "ENOTDIR");
  assert.is(codeOf(join(folder, "link")), "EEXIST");
  // Below /proc the system says that the new folder itself does not exist, whoever asks.
  if (existsSync("/proc/self")) for (const name of ["x", "x/y"]) assert.is(codeOf(`/proc/${name}`), "ENOENT");
});

test.run();
