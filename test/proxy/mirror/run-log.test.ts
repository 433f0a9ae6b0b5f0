import { suite } from "uvu";
import * as assert from "uvu/assert";
import { throwsCode } from "../../support/assert.ts";
import { at, reading, tamper, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/run-log");
const content = new Uint8Array(Buffer.from("{}"));

test("runs and decisions", () => {
  const folder = writtenMirror(({ log }) => {
    log.addRun({ kind: "sync", started: at, ended: at, from: "list.txt", summary: { images: 3 } });
    log.addRun({ kind: "import", started: at, ended: at, from: "a.tar", summary: {} });
    log.addDecision({ id: "d-1", at, image: "ghcr.io/a:1", allowed: true, recheck: true, record: content });
    log.addDecision({ id: "d-2", at, image: "ghcr.io/a:2", allowed: false, recheck: false, record: content });
  });
  reading(folder, ({ log }) => {
    assert.equal(JSON.parse(JSON.stringify(log.runs(1))), [
      { kind: "import", started: at, ended: at, from: "a.tar", summary: {} },
    ]);
    assert.is(log.runs(10).length, 2);
    assert.is(log.decision("d-2")?.allowed, false);
    assert.is(log.decision("d-3"), undefined);
    assert.equal(
      log.rechecks().map(({ id }) => id),
      ["d-1"],
    );
    throwsCode("invalid-usage", () => log.clearRecheck("d-1"));
  });
  writtenMirror(({ log }) => {
    log.clearRecheck("d-1");
    assert.is(log.rechecks().length, 0);
  }, folder);
});

test("a changed record is corrupt", () => {
  const folder = writtenMirror(({ log }) =>
    log.addDecision({ id: "d-1", at, image: "ghcr.io/a:1", allowed: true, recheck: true, record: content }),
  );
  tamper(folder, "UPDATE decision SET record = CAST('[]' AS BLOB)");
  reading(folder, ({ log }) => {
    assert.is(throwsCode("mirror-corrupt", () => log.decision("d-1")).subject, "d-1");
    throwsCode("mirror-corrupt", () => log.rechecks());
  });
});

test.run();
