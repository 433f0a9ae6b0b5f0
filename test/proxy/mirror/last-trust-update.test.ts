import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { JsonValue } from "../../../core/encoding/json.ts";
import { lastTrustUpdate } from "../../../proxy/mirror/last-trust-update.ts";
import { at, reading, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/mirror/last-trust-update");
const run = (kind: string, summary: JsonValue) => ({ kind, started: at, ended: at, from: "https://tuf", summary });
const last = (...runs: readonly ReturnType<typeof run>[]) => {
  const folder = writtenMirror(({ log }) => {
    for (const one of runs) log.addRun(one);
  });
  return reading(folder, (mirror) => lastTrustUpdate(mirror));
};

test("the newest update counts, whatever ran since; one that failed says why", () => {
  const failed = run("trust update", { name: "a", failed: "unreachable", error: "no answer" });
  const done = run("trust update", { name: "a", versions: {} });
  const seen = { from: "https://tuf", ended: at };
  assert.is(last(run("mirror sync", {})), undefined);
  assert.equal(last(done, failed, run("mirror sync", {})), { ...seen, failed: "unreachable", error: "no answer" });
  assert.equal(last(failed, done), seen);
  for (const summary of [null, [], { failed: true, error: "x" }, { failed: "x" }])
    assert.equal(last(run("trust update", summary)), seen);
});

test.run();
