import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { at, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/run-log");
const run = (kind: string) => ({ kind, started: at, ended: at, from: "x", summary: { images: 1 } });

test("runs are kept, newest first", () => {
  const folder = writtenMirror(({ log }) => {
    log.addRun(run("sync"));
    log.addRun(run("import"));
  });
  reading(folder, ({ log }) => {
    assert.equal(JSON.parse(JSON.stringify(log.runs(1))), [run("import")]);
    assert.is(log.runs(10).length, 2);
  });
});

test("of more runs than the limit the oldest go", () => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: { ...defaultLimits, mirrorRuns: 3 } });
  for (let count = 0; count < 10; count++) mirror.log.addRun(run(String(count)));
  assert.equal(
    mirror.log.runs(10).map(({ kind }) => kind),
    ["9", "8", "7"],
  );
  mirror.close();
});

test("a record that was changed is corrupt", () => {
  const folder = writtenMirror(({ log }) => log.addRun(run("sync")));
  tamper(folder, "UPDATE run SET summary = '{}'");
  reading(folder, ({ log }) => throwsCode("mirror-corrupt", () => log.runs(1)));
});

test.run();
