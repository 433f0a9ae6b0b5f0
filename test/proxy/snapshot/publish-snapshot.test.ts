import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { lockWriter } from "../../../proxy/mirror/writer-lock.ts";
import { readPublished } from "../../../proxy/snapshot/published.ts";
import { rejectsCode } from "../../support/assert.ts";
import { addKey, newKey, onStage } from "../../support/snapshot-stage.ts";

const test = suite("proxy/snapshot/publish-snapshot");

test("the tag moves last: whoever follows it finds a whole snapshot at every moment", () =>
  onStage(
    async (stage) => {
      await stage.push();
      const lines = stage.registry.asked().filter((line) => /^(?:PUT|POST)/.test(line));
      const order = lines.map((line) =>
        line.replace("/v2/sallyport/mirror/", "").replace(/sha256[:-][0-9a-f]+/, "DIGEST"),
      );
      const upload = ["POST blobs/uploads/", "PUT blobs/uploads/N"];
      assert.equal(
        order.map((line) => line.replace(/uploads\/\d+/, "uploads/N")),
        [
          ...[...upload, ...upload, ...upload],
          "PUT manifests/snapshot-1",
          "PUT manifests/DIGEST",
          // The fallback tag of a registry without referrers.
          "PUT manifests/DIGEST",
          "PUT manifests/latest",
        ],
      );
    },
    { hasReferrers: false },
  ));

test("a push that fails at any step leaves what followers read, and its number is not used again", () =>
  onStage(async (stage) => {
    const { registry } = stage;
    await stage.push();
    await stage.pull();
    const steps = [/^POST/, /^PUT .*uploads/, /^PUT .*snapshot-/, /^PUT .*sha256/, /^PUT .*latest/];
    for (const [index, step] of steps.entries()) {
      stage.change(`change ${index}`);
      registry.instead = (line) => (step.test(line) ? 400 : undefined);
      await rejectsCode("upstream-error", () => stage.push());
      registry.instead = undefined;
      assert.is((await stage.pull()).snapshot.sequence, 1, String(step));
      assert.equal(
        readdirSync(join(stage.store, "snapshots")).filter((name) => name.endsWith(".db")),
        [],
      );
    }
    assert.is((await stage.push()).statement.sequence, steps.length + 2);
    assert.is((await stage.pull()).snapshot.sequence, steps.length + 2);
  }));

test("two at once, and a writer that goes on meanwhile", () =>
  onStage(async (stage) => {
    await stage.push();
    const lock = lockWriter(join(stage.store, "snapshots"), 0);
    await rejectsCode("mirror-busy", () => stage.push());
    lock.release();
    const writing = openMirror(stage.store, { mode: "write", limits: defaultLimits });
    try {
      addKey(writing, "while it is open");
      const { contentId } = (await stage.push()).statement;
      assert.is(contentId, writing.contentId());
      await stage.pull();
      assert.is(stage.read(), contentId);
    } finally {
      writing.close();
    }
  }));

test("a clock that was set back is said; the number goes on", () =>
  onStage(async (stage) => {
    await stage.push();
    const { created } = (await stage.push()).statement;
    stage.now = new Date("2020-01-01T00:00:00Z");
    const { statement, clockBehind } = await stage.push();
    assert.equal([statement.sequence, clockBehind], [3, created]);
    assert.is((await stage.pull()).snapshot.sequence, 3);
  }));

test("a number that is remembered or in the registry is not given twice; that of another key does not count", () =>
  onStage(async (stage) => {
    for (let count = 0; count < 3; count++) await stage.push();
    stage.registry.tags.clear();
    assert.is((await stage.push()).statement.sequence, 4);
    assert.equal(readPublished(stage.store, defaultLimits)?.sequence, 4);
    const other = newKey().key;
    assert.is((await stage.push({ signer: other })).statement.sequence, 5);
  }));

test("no snapshot is pushed from a snapshot, nor from a mirror that is not there", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    const mirror = openMirror(stage.replica, { mode: "read", limits: defaultLimits });
    await rejectsCode("invalid-usage", () => stage.push({ mirror }));
    mirror.close();
    assert.is(existsSync(join(stage.replica, "published.json")), false);
  }));

test.run();
