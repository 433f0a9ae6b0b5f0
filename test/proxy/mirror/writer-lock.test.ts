import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { currentWriter, lockWriter } from "../../../proxy/mirror/writer-lock.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/writer-lock");

test("one holds it, the next is told so at once, and gets it when it is free", () => {
  const folder = temporaryFolder();
  const lock = lockWriter(folder, 0);
  assert.is(throwsCode("mirror-busy", () => lockWriter(folder, 0)).subject, folder);
  lock.release();
  lockWriter(folder, 0).release();
});

test("waiting is bounded", () => {
  const folder = temporaryFolder();
  const lock = lockWriter(folder, 0);
  throwsCode("mirror-busy", () => lockWriter(folder, 150));
  lock.release();
});

test("folders do not share it", () => {
  const lock = lockWriter(temporaryFolder(), 0);
  lockWriter(temporaryFolder(), 0).release();
  lock.release();
});

test("without a folder there is nothing to lock", () => {
  assert.throws(() => lockWriter("/nonexistent/folder", 0));
});

test("what a killed process left names nobody, and the next holder is named", () => {
  const folder = temporaryFolder();
  const left = { pid: 1, host: "gone", since: "2025-01-01T00:00:00Z", command: "mirror sync" };
  assert.is(currentWriter(folder), undefined, "there never was one");
  lockWriter(folder, 0).release();
  writeFileSync(join(folder, "writer.json"), JSON.stringify(left));
  assert.is(currentWriter(folder), undefined);
  const nameless = lockWriter(folder, 0);
  assert.equal(currentWriter(folder), {});
  nameless.release();
  const holder = { ...left, pid: 2, host: "here", command: "mirror gc" };
  const lock = lockWriter(folder, 0, holder);
  assert.equal(currentWriter(folder), holder);
  assert.match(throwsCode("mirror-busy", () => lockWriter(folder, 0)).message, "mirror gc, process 2 on here, since");
  lock.release();
  assert.is(currentWriter(folder), undefined);
});

test.run();
