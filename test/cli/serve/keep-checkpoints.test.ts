import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openCheckpointKeeper } from "../../../cli/serve/keep-checkpoints.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { Log } from "../../../proxy/log.ts";
import { sampleNote } from "../../support/archive-store.ts";
import { reading, temporaryMirror } from "../../support/temporary-mirror.ts";

const test = suite("cli/serve/keep-checkpoints");
const now = () => new Date("2026-11-30T06:00:00Z");

function listening(): { readonly log: Log; readonly told: string[] } {
  const told: string[] = [];
  const tell = (text: string): void => void told.push(text);
  return { told, log: { debug: tell, info: tell, warn: tell, error: tell } as unknown as Log };
}

test("the newest checkpoint of each log is kept, once; another tree of its size is told", () => {
  const mirror = temporaryMirror();
  const { log, told } = listening();
  const keeper = openCheckpointKeeper({ mirror, limits: defaultLimits, now, log }, false);
  const held = () => mirror.knowledge().state().checkpoints;
  keeper?.keep();
  assert.equal(held(), []);
  for (const size of [7, 9, 8]) keeper?.saw(sampleNote(size));
  keeper?.keep();
  assert.equal(held(), [sampleNote(9)]);
  const { version } = mirror.knowledge().state();
  for (const size of [9, 3]) keeper?.saw(sampleNote(size));
  keeper?.keep();
  keeper?.keep();
  assert.is(mirror.knowledge().state().version, version, "nothing was written");
  assert.equal(told, []);
  keeper?.saw(sampleNote(9, 1));
  keeper?.keep();
  assert.equal(held(), [sampleNote(9)]);
  assert.is(told.length, 1);
  mirror.close();
  reading(mirror.folder, (reader) => {
    assert.equal(reader.knowledge().state().checkpoints, [sampleNote(9)]);
    assert.is(openCheckpointKeeper({ mirror: reader, limits: defaultLimits, now, log }, false), undefined);
  });
});

test("a failure to write is told, and no decision fails by it; what a given root verified is not kept", () => {
  const mirror = temporaryMirror();
  const { log, told } = listening();
  assert.is(openCheckpointKeeper({ mirror, limits: defaultLimits, now, log }, true), undefined);
  const keeper = openCheckpointKeeper({ mirror, limits: defaultLimits, now, log }, false);
  mirror
    .writer()
    .database.exec("CREATE TRIGGER full BEFORE INSERT ON checkpoint BEGIN SELECT raise(FAIL, 'full'); END");
  keeper?.saw(sampleNote(7));
  keeper?.keep();
  assert.is(told.length, 1);
  mirror.close();
});

test.run();
