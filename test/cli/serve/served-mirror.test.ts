import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ServedMirror } from "../../../cli/serve/served-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { onStage, type SnapshotStage } from "../../support/snapshot-stage.ts";

const test = suite("cli/serve/served-mirror");

/** A mirror that is served from the stage's replica, and all that were opened for it. */
function served({ replica }: SnapshotStage) {
  const opened: Mirror[] = [];
  const mirror = new ServedMirror(() => {
    const one = openMirror(replica, { mode: "read", limits: defaultLimits });
    opened.push(one);
    return one;
  }, defaultLimits);
  return { mirror, opened };
}

const isClosed = (mirror: Mirror | undefined): boolean => {
  try {
    mirror?.tags("registry.example/app");
    return false;
  } catch (error) {
    assert.instance(error, TypeError);
    return true;
  }
};

test("the one before is closed when nobody uses it any more, and not earlier", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    const { mirror, opened } = served(stage);
    const first = mirror.take();
    first.adopt();
    const alsoFirst = mirror.take();
    assert.is(alsoFirst.mirror, first.mirror);
    assert.is(mirror.newer(), undefined);
    stage.change("second");
    await stage.push();
    await stage.pull();
    assert.type(mirror.newer(), "string");
    const second = mirror.take();
    assert.is(opened.length, 2);
    assert.is(mirror.mirror, first.mirror);
    second.adopt();
    assert.is(mirror.mirror, second.mirror);
    first.release();
    assert.is(isClosed(opened[0]), false);
    alsoFirst.release();
    assert.equal(opened.map(isClosed), [true, false]);
    second.release();
    assert.is(isClosed(opened[1]), false);
    mirror.close();
    assert.is(isClosed(opened[1]), true);
  }));

test("one that was taken and not adopted is closed, and the one in force stays", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    const { mirror, opened } = served(stage);
    const first = mirror.take();
    first.adopt();
    stage.change("second");
    await stage.push();
    await stage.pull();
    mirror.take().release();
    assert.equal(opened.map(isClosed), [false, true]);
    assert.is(mirror.mirror, first.mirror);
    mirror.close();
  }));

test.run();
