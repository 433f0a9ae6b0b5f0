/** How many images a mirror holds, counted in between. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { ImageCounts } from "../../../proxy/mirror/image-counts.ts";
import type { MirrorImage } from "../../../proxy/mirror/list-mirror.ts";

const test = suite("proxy/mirror/image-counts");

const image = (facts: Partial<MirrorImage> = {}): MirrorImage => ({
  image: "docker.io/app:1",
  repository: "docker.io/app",
  digest: `sha256:${"a".repeat(64)}` as MirrorImage["digest"],
  signatures: 0,
  attestations: 0,
  predicateTypes: [],
  unasked: [],
  at: "2026-11-30T12:00:00Z",
  from: "test",
  ...facts,
});

/** A mirror of these images, and what was asked of it. */
function stage(images: readonly MirrorImage[]) {
  const held = { images, version: "1", clock: 0, counted: 0, seen: 0, failed: [] as string[], damage: false };
  const mirror = {
    knowledge: () => ({
      state: () => {
        if (held.version === "damaged") throw new EngineError("mirror-corrupt", "its version is damaged");
        return { version: held.version };
      },
    }),
    *eachImage() {
      held.counted += 1;
      for (const one of held.images) {
        if (held.damage) throw new EngineError("mirror-corrupt", "a row is damaged");
        held.seen += 1;
        yield one;
      }
    },
  } as never;
  const counts = new ImageCounts({
    mirror,
    now: () => new Date(held.clock),
    later: setImmediate,
    failed: ({ code }) => void held.failed.push(code),
  });
  return { held, counts };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test("yes where a signature is stored, no where every place was asked, else unknown", async () => {
  const { counts } = stage([
    image({ signatures: 2 }),
    image({ signatures: 1, unasked: ["referrers"] }),
    image(),
    image({ attestations: 1 }),
    image({ unasked: ["signature tag"] }),
    image({ untypedBundles: 1 }),
  ]);
  assert.is(counts.look(), undefined, "nobody waits for it");
  await turns(8);
  assert.equal(counts.look(), { yes: 2, no: 2, unknown: 2 });
});

test("a mirror is gone through image by image", async () => {
  const { held, counts } = stage(Array.from({ length: 100 }, () => image()));
  await turns(2);
  assert.ok(held.seen > 0 && held.seen <= 2, String(held.seen));
  assert.is(counts.look(), undefined);
  await turns(100);
  assert.equal(counts.look(), { yes: 0, no: 100, unknown: 0 });
  assert.is(held.counted, 1);
});

test("it is counted again where the mirror has changed, but not at once", async () => {
  const { held, counts } = stage([image()]);
  await turns(2);
  held.images = [image(), image({ signatures: 1 })];
  held.version = "2";
  counts.look();
  await turns(2);
  assert.equal(counts.look(), { yes: 0, no: 1, unknown: 0 });
  held.clock += 5 * 60_000;
  assert.equal(counts.look(), { yes: 0, no: 1, unknown: 0 }, "the one before, until the next has ended");
  await turns(4);
  assert.equal(counts.look(), { yes: 1, no: 1, unknown: 0 });
  held.clock += 5 * 60_000;
  counts.look();
  await turns(2);
  assert.is(held.counted, 2, "nothing has changed");
});

test("damage is told and has no count; what is whole again is counted again", async () => {
  const { held, counts } = stage([image()]);
  await turns(2);
  held.damage = true;
  held.version = "2";
  held.clock += 5 * 60_000;
  counts.look();
  await turns(2);
  assert.equal([counts.look(), held.failed], [undefined, ["mirror-corrupt"]]);
  held.damage = false;
  held.version = "3";
  held.clock += 5 * 60_000;
  counts.look();
  await turns(2);
  assert.equal(counts.look(), { yes: 0, no: 1, unknown: 0 });
});

test("a version that cannot be read is told once, and tried again as late as a count", async () => {
  const { held, counts } = stage([image()]);
  await turns(2);
  held.version = "damaged";
  held.clock += 5 * 60_000;
  for (let look = 0; look < 3; look++) assert.is(counts.look(), undefined);
  assert.equal(held.failed, ["mirror-corrupt"]);
  held.clock += 5 * 60_000;
  counts.look();
  assert.is(held.failed.length, 2);
});

test("closed, it reads nothing more", async () => {
  const { held, counts } = stage(Array.from({ length: 100 }, () => image()));
  await turns(2);
  counts.close();
  const { seen } = held;
  held.version = "2";
  held.clock += 5 * 60_000;
  assert.is(counts.look(), undefined);
  await turns(5);
  assert.is(held.seen, seen);
});

test.run();
