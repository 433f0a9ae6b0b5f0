import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lockWriter } from "../../../proxy/mirror/writer-lock.ts";
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

test.run();
