import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { listSnapshots } from "../../../proxy/snapshot/list-snapshots.ts";
import { removeOldSnapshots } from "../../../proxy/snapshot/remove-old.ts";
import { rejectsCode } from "../../support/assert.ts";
import { never } from "../../support/registry-server.ts";
import { newKey, onStage, publicKeyOf, type SnapshotStage } from "../../support/snapshot-stage.ts";

const test = suite("proxy/snapshot/remove-old");
const way = ({ asking }: SnapshotStage) => ({ registry: asking, limits: defaultLimits, signal: never });
const list = (stage: SnapshotStage, most = 9, keys = [publicKeyOf(stage.signer)]) =>
  listSnapshots(stage.place, { keys, verifier: nodeVerifier }, most, way(stage));

async function pushed(stage: SnapshotStage, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    stage.change(`change ${left}`);
    await stage.push();
  }
}

for (const hasReferrers of [true, false])
  test(`older ones go with all that hangs on them, ${hasReferrers ? "with" : "without"} referrers`, () =>
    onStage(
      async (stage) => {
        await pushed(stage, 4);
        const { manifests, tags } = stage.registry;
        const before = manifests.size;
        assert.equal(await removeOldSnapshots(stage.place, 2, way(stage)), { removed: [2, 1] });
        assert.is(manifests.size, before / 2);
        assert.equal([...tags.keys()].filter((tag) => tag.startsWith("snapshot-")).sort(), [
          "snapshot-3",
          "snapshot-4",
        ]);
        assert.equal(
          (await list(stage)).rows.map(({ sequence, isNewest }) => [sequence, isNewest]),
          [
            [4, true],
            [3, false],
          ],
        );
        assert.is((await stage.pull()).snapshot.sequence, 4);
      },
      { hasReferrers },
    ));

test("the one that is read stays, and so does what is not ours", () =>
  onStage(async (stage) => {
    await pushed(stage, 3);
    const { manifests, tags } = stage.registry;
    tags.set("latest", tags.get("snapshot-1") ?? "");
    const foreign = "sha256:f0";
    manifests.set(foreign, { mediaType: "application/vnd.oci.image.manifest.v1+json", bytes: Buffer.from("{}") });
    tags.set("v1", tags.get("snapshot-2") ?? "");
    assert.equal(await removeOldSnapshots(stage.place, 1, way(stage)), { removed: [2] });
    assert.ok(manifests.has(foreign) && tags.has("snapshot-1"));
  }));

test("a registry that does not delete is asked once, and it is said", () =>
  onStage(
    async (stage) => {
      await pushed(stage, 3);
      const { removed, refused } = await removeOldSnapshots(stage.place, 1, way(stage));
      assert.equal([removed, typeof refused], [[], "string"]);
      assert.is(stage.registry.asked().filter((line) => line.startsWith("DELETE")).length, 1);
    },
    { deletes: false },
  ));

test("a list says of each who signed it, or what is wrong; none is an error", () =>
  onStage(async (stage) => {
    await rejectsCode("image-not-found", () => list(stage));
    await pushed(stage, 2);
    await stage.push({ signer: newKey().key });
    const { rows, total } = await list(stage, 2);
    assert.equal([rows.length, total], [2, 3]);
    assert.equal(
      rows.map(({ key, problem }) => key ?? problem?.code),
      ["archive-signature", stage.signer.fingerprint],
    );
    stage.registry.manifests.delete(stage.registry.tags.get("snapshot-2") ?? "");
    assert.equal((await list(stage)).rows[1]?.problem?.code, "image-not-found");
  }));

test.run();
