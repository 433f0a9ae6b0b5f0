import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import {
  type CurrentSnapshot,
  findCurrentSnapshot,
  refuseWriting,
  writeCurrentSnapshot,
} from "../../../proxy/mirror/current-snapshot.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/current-snapshot");
const digest = `sha256:${"ab".repeat(32)}` as const;
const current: CurrentSnapshot = {
  file: "12-abab.db",
  sequence: 12,
  size: 4096,
  contentId: digest,
  created: "2026-11-30T06:00:00.000Z",
  statement: digest,
  manifest: digest,
  key: "ab",
  from: "oci://registry.corp/a",
  keys: [{ key: "pem", by: "ab" }],
};

test("what was written is read, and a folder with it is not written", () => {
  const folder = temporaryFolder();
  assert.is(findCurrentSnapshot(folder, defaultLimits), undefined);
  assert.is(findCurrentSnapshot(join(folder, "none"), defaultLimits), undefined);
  refuseWriting(folder, defaultLimits);
  writeCurrentSnapshot(folder, current);
  assert.equal(findCurrentSnapshot(folder, defaultLimits), current);
  throwsCode("invalid-usage", () => refuseWriting(folder, defaultLimits));
});

test("a flipped bit anywhere is damage, and never another number, key or file", () => {
  const folder = temporaryFolder();
  writeCurrentSnapshot(folder, current);
  const path = join(folder, "snapshot.json");
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length - 1; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(path, changed);
    throwsCode("mirror-corrupt", () => findCurrentSnapshot(folder, defaultLimits));
  }
  for (const length of [0, 1, bytes.length - 2]) {
    writeFileSync(path, bytes.subarray(0, length));
    throwsCode("mirror-corrupt", () => findCurrentSnapshot(folder, defaultLimits));
  }
});

test("a name never leads out of the folder", () => {
  const folder = temporaryFolder();
  for (const file of ["../mirror.db", "a/b.db", ".db", "x"]) {
    writeCurrentSnapshot(folder, { ...current, file });
    throwsCode("mirror-corrupt", () => findCurrentSnapshot(folder, defaultLimits));
  }
});

test.run();
