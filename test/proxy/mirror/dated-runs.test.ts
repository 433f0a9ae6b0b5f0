import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { mirroredOf, newestTimeOf } from "../../../proxy/mirror/dated-runs.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/dated-runs");
const run = (kind: string, started: string, summary: JsonValue) => ({
  kind,
  started,
  ended: started,
  from: kind,
  summary,
});
const sync = (started: string, more: object = {}) =>
  run("mirror sync", started, { images: 1, failed: 0, outages: [], ...more } as JsonValue);
const archive = (signedTime: unknown, more: object = {}) =>
  run("import", "2026-11-20T00:00:00.000Z", { signedTime, ...more } as JsonValue);
const [first, second] = ["2026-11-01T10:00:00.000Z", "2026-11-05T10:00:00.000Z"];

test("only a sync that reached its end and could ask everybody is complete", () => {
  assert.equal(mirroredOf([sync(first)]), { at: new Date(first), by: "sync" });
  for (const more of [
    { outages: [{ from: "ghcr.io", code: "unreachable", questions: 1 }] },
    { failed: 1 },
    { stopped: true },
    { outages: undefined },
    { outages: "none" },
  ])
    assert.equal(mirroredOf([sync(first, more)]), {}, JSON.stringify(more));
  for (const summary of [null, [], "", { images: 1 }])
    assert.equal(mirroredOf([run("mirror sync", first, summary)]), {}, JSON.stringify(summary));
  assert.equal(mirroredOf([run("mirror add", first, { outages: [] })]), {});
});

test("an import counts by the time that its archive signs; an archive of trust alone does not", () => {
  assert.equal(mirroredOf([archive(first)]), { at: new Date(first), by: "archive" });
  assert.equal(mirroredOf([archive(second, { archive: "trust" }), archive(first)]).at, new Date(first));
  assert.equal(mirroredOf([run("import", first, {})]), {}, "an archive of another tool");
  assert.equal(mirroredOf([run("mirror add", first, { signedTime: first })]), {});
});

test("the later of the last archive and the last complete sync counts", () => {
  assert.equal(mirroredOf([]), {});
  assert.equal(mirroredOf([sync(second), sync(first)]), { at: new Date(second), by: "sync" });
  assert.equal(mirroredOf([sync(second, { failed: 2 }), sync(first)]), { at: new Date(first), by: "sync" });
  assert.equal(mirroredOf([archive(first), sync(second)]), { at: new Date(second), by: "sync" });
  assert.equal(mirroredOf([archive(second), sync(first)]), { at: new Date(second), by: "archive" });
  assert.equal(mirroredOf([archive(first), archive(second)]), { at: new Date(first), by: "archive" }, "the last one");
});

test("an attack: a time that is none does not make a mirror younger, nor is it passed over for an older one", () => {
  for (const time of ["soon", "", "2026-13-01T00:00:00Z", 5, null, "+275760-09-13T00:00:00Z"])
    assert.equal(mirroredOf([archive(time), archive(second)]), {}, String(time));
});

test("the newest signed time is that of decisions, or one that an archive signed", () => {
  const [early, late] = [new Date(first), new Date(second)];
  assert.is(newestTimeOf([], undefined), undefined);
  assert.equal(newestTimeOf([], early), early);
  assert.equal(newestTimeOf([archive(second)], early), late);
  assert.equal(newestTimeOf([archive(first), archive(second, { archive: "trust" })], undefined), late);
  assert.equal(newestTimeOf([archive(first)], late), late);
  assert.is(newestTimeOf([sync(second), archive("soon")], undefined), undefined, "a sync signs nothing");
});

test("a mirror tells of its age in its state, and again after each run", () => {
  const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
  try {
    const state = () => mirror.knowledge().state().mirrored;
    assert.equal(state(), {});
    mirror.log.addRun(sync(first));
    assert.equal(state(), { at: new Date(first), by: "sync" });
    for (let index = 0; index < 150; index++) mirror.log.addRun(run("mirror pin", second, {}));
    assert.equal(state(), { at: new Date(first), by: "sync" }, "other runs do not hide it");
    mirror.log.addRun(archive(second));
    assert.equal(state(), { at: new Date(second), by: "archive" });
    assert.equal(mirror.knowledge().state().newestSignedTime, new Date(second));
    // What was read of a run that is taken back does not stay, even where the next one gets its number.
    mirror.writer().begin();
    mirror.log.addRun(archive("2027-01-01T00:00:00Z"));
    assert.equal(state()?.at, new Date("2027-01-01T00:00:00Z"));
    mirror.writer().rollback();
    assert.equal(state()?.at, new Date(second));
    mirror.log.addRun(archive("2026-11-06T00:00:00Z"));
    assert.equal(state()?.at, new Date("2026-11-06T00:00:00Z"));
  } finally {
    mirror.close();
  }
});

test.run();
