/** Attacks by somebody who may write to the registry in which snapshots are, or had the key. */
import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import * as assert from "uvu/assert";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../core/errors.ts";
import { distrustDigest } from "../../proxy/mirror/distrust-entry.ts";
import type { Mirror } from "../../proxy/mirror/mirror.ts";
import { parseSnapshotPlace } from "../../proxy/snapshot/place.ts";
import { writePublished } from "../../proxy/snapshot/published.ts";
import { runCli } from "../cli/command-io.ts";
import { makeTufRepository } from "../lab/tuf-repository.ts";
import { sampleNote } from "../support/archive-store.ts";
import { fixtureBytes } from "../support/fixture-images.ts";
import { rejectsCode } from "../support/assert.ts";
import { behind, newKey, onStage, publicKeyOf, type SnapshotStage } from "../support/snapshot-stage.ts";
import { origin, tamper, temporaryFolder, writtenMirror } from "../support/temporary-mirror.ts";
import { attackSuite } from "./attack.ts";

const { attack, run } = attackSuite("snapshots");

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
      { root: "12", snapshot: "40", "a role": "2" },
      { timestamp: "300", snapshot: "40", "a role": "2" },
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

/** A mirror that trusts `lab` by TUF metadata, and what changes about it. */
async function withTrust(act: (stage: SnapshotStage, root: Uint8Array) => Promise<void>): Promise<void> {
  const repository = makeTufRepository(fixtureBytes("trust/trusted-root.json"));
  const tuf = Object.fromEntries([...repository.files].map(([path, bytes]) => [`tuf/${path}`, bytes]));
  const root = repository.rootHistory[0] as Uint8Array;
  await onStage(async (stage) => {
    const words = ["trust", "import", "tuf", "--name", "lab", "--root", "root.json", "--store", stage.store];
    assert.is((await runCli(words, { files: { ...tuf, "root.json": root }, now: "2026-11-02T00:00:00Z" })).exit, 0);
    writtenMirror((mirror) => {
      mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: encodeUtf8("a key") }, origin);
      mirror.writer().addDistrust({ kind: "log", value: "ab".repeat(32), reason: "lies" }, origin);
      mirror.writer().setCheckpoint({ origin: "rekor.example", size: 7n, note: sampleNote(7) }, origin);
    }, stage.store);
    await act(stage, root);
  });
}

const strange = encodeUtf8('{"mediaType":"somebody else"}');

/** Refused without approval, however it is asked for; taken with it. */
const refusedChange = (change: (mirror: Mirror) => void, approved: Digest) =>
  withTrust(async (stage) => {
    await stage.push();
    await stage.pull();
    writtenMirror(change, stage.store);
    await stage.push();
    await refused(stage, "no-trust", () => stage.pull());
    await refused(stage, "no-trust", () => stage.pull({ keys: [] }));
    await refused(stage, "no-trust", () => stage.pull({ acceptPins: [digestOf(encodeUtf8("something else"))] }));
    // Under another number, and by the digest of the place.
    await stage.push();
    await refused(stage, "no-trust", () => stage.pull());
    assert.is((await stage.pull({ acceptPins: [approved] })).state, "switched");
  });

attack(256, "a key is pinned in the place of another", () =>
  refusedChange(
    (mirror) => void mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: strange }, origin),
    digestOf(strange),
  ),
);

attack(256, "a file is pinned in front of metadata", () =>
  refusedChange(
    (mirror) => void mirror.writer().pin({ kind: "trusted-root", name: "lab", bytes: strange }, origin),
    digestOf(strange),
  ),
);

attack(256, "what was distrusted is trusted again", () => {
  const row = { kind: "log", value: "ab".repeat(32), reason: "lies" } as const;
  return refusedChange((mirror) => mirror.writer().removeDistrust(distrustDigest(row)), distrustDigest(row));
});

attack(256, "the root of metadata is another one, or no longer pinned", () =>
  withTrust(async (stage, root) => {
    await stage.push();
    await stage.pull();
    writtenMirror((mirror) => mirror.writer().unpin("tuf-root", "lab"), stage.store);
    await stage.push();
    await refused(stage, "no-trust", () => stage.pull());
    await refused(stage, "no-trust", () => stage.pull({ acceptPins: true }));
    await refused(stage, "no-trust", () => stage.pull({ initialRoot: () => root }));
    writtenMirror(
      (mirror) => void mirror.writer().pin({ kind: "tuf-root", name: "lab", bytes: strange }, origin),
      stage.store,
    );
    await stage.push();
    await refused(stage, "no-trust", () => stage.pull());
    await refused(stage, "no-trust", () => stage.pull({ store: temporaryFolder(), initialRoot: () => root }));
  }),
);

attack(256, "a reader with a root of its own begins with a mirror that pins a file", () =>
  onStage(async (stage) => {
    const given = { initialRoot: () => encodeUtf8("a root"), isRootGiven: () => true };
    for (const pinned of [true, false]) {
      writtenMirror((mirror) => {
        mirror.writer().unpin("trusted-root", "public-good");
        if (pinned) mirror.writer().pin({ kind: "trusted-root", name: "public-good", bytes: strange }, origin);
        else {
          const value = { form: "pinned", bytes: strange } as const;
          const question = { kind: "trusted-root", name: "public-good" } as const;
          mirror.writer().setAnswer(question, { state: "present", value, ...origin });
        }
      }, stage.store);
      await stage.push();
      await rejectsCode("no-trust", () => stage.pull({ store: temporaryFolder(), ...given }));
      assert.is((await stage.pull({ store: temporaryFolder() })).state, "switched", "who has none begins with it");
    }
  }),
);

attack(256, "a log that became smaller, another tree, or was forgotten", () =>
  withTrust(async (stage) => {
    await stage.push();
    await stage.pull();
    const remove = () => tamper(stage.store, "DELETE FROM checkpoint");
    for (const note of [sampleNote(6), sampleNote(7, 1), undefined]) {
      remove();
      if (note !== undefined) {
        const size = note === sampleNote(6) ? 6n : 7n;
        writtenMirror(
          (mirror) => mirror.writer().setCheckpoint({ origin: "rekor.example", size, note }, origin),
          stage.store,
        );
      }
      await stage.push();
      await refused(stage, "rollback", () => stage.pull());
    }
    remove();
    writtenMirror(
      (mirror) => mirror.writer().setCheckpoint({ origin: "rekor.example", size: 8n, note: sampleNote(8) }, origin),
      stage.store,
    );
    await stage.push();
    assert.is((await stage.pull()).state, "switched");
  }),
);

attack(256, "metadata that does not follow from the root that is here, after a program of an earlier schema", () =>
  withTrust(async (stage) => {
    await stage.push();
    const { snapshot } = await stage.pull();
    // As an earlier program would have left it.
    const path = join(stage.replica, "snapshots", snapshot.file);
    chmodSync(path, 0o644);
    const database = new Database(path);
    database.exec("DROP TABLE own; DROP TABLE taken");
    database.pragma("user_version = 12");
    database.close();
    writtenMirror(
      (mirror) => void mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: strange }, origin),
      stage.store,
    );
    await stage.push();
    await rejectsCode("no-trust", () => stage.pull());
    assert.equal(readdirSync(join(stage.replica, "snapshots")), [snapshot.file]);
    assert.is((await stage.pull({ acceptPins: true })).state, "switched");
  }),
);

attack(257, "a snapshot with the highest number, and then the key is no longer given", () =>
  behind(async (stage) => {
    await stage.pull();
    const [thief, honest] = [stage.signer, newKey().key];
    writePublished(stage.store, { sequence: Number.MAX_SAFE_INTEGER - 1, created: "2026-11-30T06:00:00Z" });
    await stage.push({ signer: thief });
    assert.is((await stage.pull()).snapshot.sequence, Number.MAX_SAFE_INTEGER);
    const old = stage.registry.tags.get("snapshot-1") ?? "";
    writePublished(stage.store, { sequence: 2, created: "2026-11-30T06:00:00Z" });
    stage.change("honest");
    await stage.push({ signer: honest });
    await refused(stage, "archive-signature", () => stage.pull());
    await refused(stage, "archive-sequence", () => stage.pull({ keys: [thief, honest].map(publicKeyOf) }));
    const brought = await stage.pull({ keys: [publicKeyOf(honest)] });
    assert.equal([brought.snapshot.sequence, brought.takenBack?.sequence], [3, Number.MAX_SAFE_INTEGER]);
    // Neither what the thief signed nor what was replaced comes back.
    stage.registry.tags.set("latest", old);
    await refused(stage, "archive-signature", () => stage.pull({ keys: [publicKeyOf(honest)] }));
    await refused(stage, "archive-signature", () => stage.pull({ keys: [] }));
  }),
);

attack(257, "the heir of a stolen key has the highest number; the honest one goes on from its own", () =>
  onStage(async (stage) => {
    const [heir, honest] = [newKey().key, newKey().key];
    await stage.push({ signer: honest, nextKeys: [heir.publicKey] });
    const keys = [publicKeyOf(honest)];
    await stage.pull({ keys });
    const second = await stage.push({ signer: honest });
    await stage.pull({ keys });
    writePublished(stage.store, { sequence: 900, created: "2026-11-30T06:00:00Z" });
    await stage.push({ signer: heir });
    assert.is((await stage.pull({ keys })).snapshot.sequence, 901);
    const other = newKey().key;
    writePublished(stage.store, { sequence: 2, created: "2026-11-30T06:00:00Z" });
    stage.change("honest");
    await stage.push({ signer: other });
    assert.is((await stage.pull({ keys: [publicKeyOf(other)] })).snapshot.sequence, 3);
    stage.registry.tags.set("latest", second.manifest);
    await refused(stage, "archive-sequence", () => stage.pull({ keys: [honest, other].map(publicKeyOf) }));
  }),
);

attack(257, "a snapshot of the year 2099", () =>
  behind(async (stage) => {
    const now = stage.now;
    stage.now = new Date("2099-01-01T00:00:00Z");
    await stage.push();
    await refused(stage, "archive-sequence", () => stage.pull({ now }));
    stage.now = now;
    stage.change("by a clock that is right");
    await stage.push();
    assert.is((await stage.pull()).state, "switched");
  }),
);

run();
