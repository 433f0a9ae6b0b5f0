/** Attacks by somebody who may write to the registry in which snapshots are, or had the key. */
import * as assert from "uvu/assert";
import { digestOf } from "../../core/crypto/digest.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import { rejectsCode } from "../support/assert.ts";
import { newKey, onStage, publicKeyOf, type SnapshotStage } from "../support/snapshot-stage.ts";
import { writtenMirror } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("snapshots");

const behind = (act: (stage: SnapshotStage) => Promise<void>): Promise<void> =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    stage.change("second");
    await stage.push();
    await act(stage);
  });

/** Nothing of it is read, and what was there is. */
async function refused(stage: SnapshotStage, code: ErrorCode, act: () => Promise<unknown>): Promise<void> {
  const before = stage.read();
  await rejectsCode(code, act);
  assert.is(stage.read(), before);
}

attack(243, "the statement of the real snapshot hangs on another file", () =>
  behind(async (stage) => {
    const { manifests, tags } = stage.registry;
    const real = tags.get("latest") ?? "";
    const statement = [...manifests.values()].find(
      ({ bytes }) => JSON.parse(bytes.toString()).subject?.digest === real,
    );
    assert.ok(statement !== undefined);
    stage.change("by a stranger");
    await stage.push({ signer: newKey().key });
    const other = tags.get("latest") ?? "";
    const moved = JSON.parse(statement.bytes.toString());
    moved.subject = { ...moved.subject, digest: other };
    const bytes = Buffer.from(JSON.stringify(moved));
    manifests.set(digestOf(bytes), { ...statement, bytes });
    await refused(stage, "archive-signature", () => stage.pull());
  }),
);

attack(243, "a file is signed by a key that nobody accepts, and names itself as the next", () =>
  behind(async (stage) => {
    const { key } = newKey();
    await stage.push({ signer: key, nextKeys: [key.publicKey] });
    await refused(stage, "archive-signature", () => stage.pull());
    await refused(stage, "archive-signature", () => stage.pull({ keys: [] }));
  }),
);

attack(244, "by its tag, by the tag of its own, and by its digest", () =>
  behind(async (stage) => {
    await stage.pull();
    const { tags } = stage.registry;
    const first = tags.get("snapshot-1") ?? "";
    const text = stage.place.text;
    for (const place of [`${text}:snapshot-1`, `${text}@${first}`])
      await refused(stage, "archive-sequence", () => stage.pull({ place: parseSnapshotPlace(place, "test") }));
    tags.set("latest", first);
    await refused(stage, "archive-sequence", () => stage.pull());
  }),
);

attack(245, "what the heir signed is taken back with the key that named it", () =>
  behind(async (stage) => {
    const [heir, honest] = [newKey().key, newKey().key];
    await stage.push({ nextKeys: [heir.publicKey] });
    await stage.pull();
    stage.change("by the heir");
    await stage.push({ signer: heir });
    await refused(stage, "archive-signature", () => stage.pull({ keys: [publicKeyOf(honest)] }));
    stage.change("honest again");
    await stage.push({ signer: honest });
    assert.is((await stage.pull({ keys: [publicKeyOf(honest)] })).snapshot.key, honest.fingerprint);
    stage.change("by the heir again");
    await stage.push({ signer: heir });
    await refused(stage, "archive-signature", () => stage.pull({ keys: [publicKeyOf(honest)] }));
  }),
);

attack(245, "who was taken back once is not accepted again by a pull that gives no key", () =>
  behind(async (stage) => {
    const [heir, honest] = [newKey().key, newKey().key];
    await stage.push({ nextKeys: [heir.publicKey, honest.publicKey] });
    await stage.pull();
    stage.change("honest again");
    await stage.push({ signer: honest });
    await stage.pull({ keys: [] });
    // The operator names the one key that counts, while there is nothing new to read.
    assert.is((await stage.pull({ keys: [publicKeyOf(honest)] })).state, "current");
    for (const signer of [stage.signer, heir]) {
      stage.change(`by ${signer.fingerprint}`);
      await stage.push({ signer });
      await refused(stage, "archive-signature", () => stage.pull({ keys: [] }));
    }
    stage.change("honest still");
    await stage.push({ signer: honest });
    assert.is((await stage.pull({ keys: [] })).state, "switched");
  }),
);

attack(250, "the mirror that is pushed has gone back to older metadata, or has forgotten it", () =>
  onStage(async (stage) => {
    const seen = (floors: Readonly<Record<string, string>>) =>
      writtenMirror((mirror) => mirror.writer().raiseFloors("public-good", floors), stage.store);
    seen({ root: "12", timestamp: "300", snapshot: "40", "a role": "2" });
    await stage.push();
    await stage.pull();
    for (const floors of [
      { root: "12", timestamp: "299", snapshot: "40", "a role": "2" },
      { root: "11", timestamp: "301", snapshot: "40" },
      {},
    ]) {
      seen(floors);
      await stage.push();
      await refused(stage, "rollback", () => stage.pull());
      await refused(stage, "rollback", () => stage.pull());
    }
    // A delegation that ended, and then new keys.
    for (const floors of [
      { root: "12", timestamp: "300", snapshot: "40" },
      { root: "13", timestamp: "1", snapshot: "1" },
    ]) {
      seen(floors);
      await stage.push();
      assert.is((await stage.pull()).state, "switched");
    }
  }),
);

run();
