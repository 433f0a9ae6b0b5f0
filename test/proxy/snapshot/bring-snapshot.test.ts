import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { ErrorCode } from "../../../core/errors.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { lockWriter } from "../../../proxy/mirror/writer-lock.ts";
import { RefusedSnapshot } from "../../../proxy/snapshot/refused-snapshot.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import type { Reply } from "../../support/registry-server.ts";
import { newKey, onStage, publicKeyOf, type SnapshotStage } from "../../support/snapshot-stage.ts";
import { origin, reading, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/snapshot/bring-snapshot");

const contentOf = (store: string): string => reading(store, (mirror) => mirror.contentId());
const filesOf = ({ replica }: SnapshotStage): readonly string[] => readdirSync(join(replica, "snapshots")).sort();

for (const hasReferrers of [true, false])
  test(`a snapshot is read where it was pulled, from a registry ${hasReferrers ? "with" : "without"} referrers`, () =>
    onStage(
      async (stage) => {
        const { statement } = await stage.push();
        const brought = await stage.pull();
        assert.is(brought.state, "switched");
        assert.is(brought.snapshot.sequence, 1);
        assert.is(stage.read(), contentOf(stage.store));
        assert.is(brought.snapshot.contentId, stage.read());
        assert.is(statement.contentId, stage.read());
        assert.is((await stage.pull()).state, "current");
        stage.change("second");
        assert.is((await stage.push()).statement.sequence, 2);
        const next = await stage.pull();
        assert.equal([next.state, next.before, next.snapshot.sequence], ["switched", 1, 2]);
        assert.is(stage.read(), contentOf(stage.store));
      },
      { hasReferrers },
    ));

test("the file is plain, whole and not to be written; two are kept", () =>
  onStage(async (stage) => {
    for (const name of ["a", "b", "c"]) {
      stage.change(name);
      await stage.push();
      await stage.pull();
    }
    const files = filesOf(stage);
    assert.equal(
      files.map((name) => name.split("-")[0]),
      ["2", "3"],
    );
    const path = join(stage.replica, "snapshots", files[1] ?? "");
    assert.is(statSync(path).mode & 0o222, 0);
    // No write-ahead log: both version numbers of the header are 1.
    assert.equal([...readFileSync(path).subarray(18, 20)], [1, 1]);
  }));

test("who reads goes on with what was open, and sees the next one when it opens again", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    const mirror = openMirror(stage.replica, { mode: "read", limits: defaultLimits });
    const before = mirror.contentId();
    for (const name of ["a", "b", "c"]) {
      stage.change(name);
      await stage.push();
      await stage.pull();
    }
    assert.is(mirror.contentId(), before);
    assert.is(mirror.currentSnapshot?.sequence, 1);
    mirror.close();
    assert.is.not(stage.read(), before);
  }));

test("a snapshot is not written, and a mirror that is written gets none", () =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    throwsCode("invalid-usage", () => openMirror(stage.replica, { mode: "write", limits: defaultLimits }));
    await rejectsCode("invalid-usage", () => stage.pull({ store: stage.store }));
  }));

/** What was there stays: the present snapshot, its file, and nothing beside it. */
async function refused(stage: SnapshotStage, code: ErrorCode, act: () => Promise<unknown>): Promise<void> {
  const before = [stage.read(), readFileSync(join(stage.replica, "snapshot.json"), "utf8"), ...filesOf(stage)];
  await rejectsCode(code, act);
  const after = [stage.read(), readFileSync(join(stage.replica, "snapshot.json"), "utf8"), ...filesOf(stage)];
  assert.equal(after, before);
}

/** A replica with the first snapshot, and a second one in the registry. */
const behind = (act: (stage: SnapshotStage, blob: string) => Promise<void>): Promise<void> =>
  onStage(async (stage) => {
    await stage.push();
    await stage.pull();
    stage.change("second");
    await act(stage, (await stage.push()).statement.digest);
  });

test("another key", () =>
  behind((stage) => refused(stage, "archive-signature", () => stage.pull({ keys: [publicKeyOf(newKey().key)] }))));

test("another key: what helps is about snapshots, and not about archives", () =>
  behind(async (stage) => {
    const error = await rejectsCode("archive-signature", () => stage.pull({ keys: [publicKeyOf(newKey().key)] }));
    assert.is(error.remedy, "snapshot-signature");
  }));

test("no statement hangs on it", () =>
  behind(async (stage) => {
    for (const [digest, { bytes }] of stage.registry.manifests)
      if (JSON.parse(bytes.toString()).subject !== undefined) stage.registry.manifests.delete(digest);
    await refused(stage, "archive-signature", () => stage.pull());
  }));

const served: readonly (readonly [string, ErrorCode, (blob: Buffer) => Buffer])[] = [
  ["truncated", "archive-corrupt", (blob) => blob.subarray(0, blob.length - 1)],
  ["one byte more", "archive-corrupt", (blob) => Buffer.concat([blob, Buffer.from("x")])],
  ["empty", "archive-corrupt", () => Buffer.alloc(0)],
  [
    "a flipped byte",
    "archive-corrupt",
    (blob) => Buffer.concat([blob.subarray(0, 5000), Buffer.from([(blob[5000] ?? 0) ^ 1]), blob.subarray(5001)]),
  ],
];
for (const [name, code, change] of served)
  for (const states of [true, false])
    test(`a registry that lies about the file: ${name}, its length ${states ? "stated" : "not stated"}`, () =>
      behind(async (stage, digest) => {
        const bytes = change(stage.registry.blobs.get(digest) ?? Buffer.alloc(0));
        const lie: Reply = (_, response) => {
          response.writeHead(200, states ? { "content-length": String(bytes.length) } : {});
          response.end(bytes);
        };
        stage.registry.instead = (line) => (line.startsWith("GET") && line.endsWith(digest) ? lie : undefined);
        await refused(stage, code, () => stage.pull());
        stage.registry.instead = undefined;
        assert.is((await stage.pull()).snapshot.sequence, 2);
      }));

test("a download that is cut off is tried again", () =>
  behind(async (stage, digest) => {
    let cuts = 2;
    stage.registry.instead = (line) =>
      line.startsWith("GET") && line.endsWith(digest) && cuts-- > 0
        ? (_, response) => {
            const bytes = stage.registry.blobs.get(digest) ?? Buffer.alloc(0);
            response.writeHead(200, { "content-length": String(bytes.length) });
            response.write(bytes.subarray(0, 100), () => response.destroy());
          }
        : undefined;
    assert.is((await stage.pull()).snapshot.sequence, 2);
    cuts = 99;
    stage.change("third");
    const third = (await stage.push()).statement.digest;
    stage.registry.instead = (line) => (line.endsWith(third) ? (request) => request.socket.destroy() : undefined);
    await refused(stage, "unreachable", () => stage.pull());
  }));

test("a file that is gone, a tag that is gone, and a registry that is down", () =>
  behind(async (stage, digest) => {
    stage.registry.blobs.delete(digest);
    await refused(stage, "image-not-found", () => stage.pull());
    stage.registry.instead = () => 503;
    await refused(stage, "upstream-error", () => stage.pull());
    stage.registry.instead = () => 403;
    await refused(stage, "access-denied", () => stage.pull());
    stage.registry.instead = undefined;
    stage.registry.tags.delete("latest");
    await refused(stage, "image-not-found", () => stage.pull());
  }));

test("an older one than was here, under the same tag or by its digest", () =>
  behind(async (stage) => {
    await stage.pull();
    const first = stage.registry.tags.get("snapshot-1") ?? "";
    stage.registry.tags.set("latest", first);
    await refused(stage, "archive-sequence", () => stage.pull());
  }));

test("two that have the same number", () =>
  behind(async (stage) => {
    await stage.pull();
    // The publisher's folder and registry were made again from a backup.
    rmSync(join(stage.store, "published.json"));
    stage.registry.tags.set("latest", stage.registry.tags.get("snapshot-1") ?? "");
    stage.change("other");
    assert.is((await stage.push()).statement.sequence, 2);
    await refused(stage, "archive-sequence", () => stage.pull());
  }));

test("the tag moves while it is pulled", () =>
  behind(async (stage, digest) => {
    const { registry } = stage;
    stage.change("third");
    await stage.push();
    registry.tags.set("latest", registry.tags.get("snapshot-2") ?? "");
    registry.instead = (line) => {
      if (line.endsWith(digest)) registry.tags.set("latest", registry.tags.get("snapshot-3") ?? "");
      return undefined;
    };
    assert.is((await stage.pull()).snapshot.sequence, 2);
    assert.is((await stage.pull()).snapshot.sequence, 3);
  }));

test("two at once", () =>
  behind(async (stage) => {
    const lock = lockWriter(stage.replica, 0);
    await refused(stage, "mirror-busy", () => stage.pull());
    lock.release();
    const both = await Promise.allSettled([stage.pull(), stage.pull()]);
    assert.equal(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.is(
      reading(stage.replica, (mirror) => mirror.currentSnapshot?.sequence),
      2,
    );
  }));

test("what a killed pull left is taken away by the next one", () =>
  behind(async (stage) => {
    const folder = join(stage.replica, "snapshots");
    for (const name of ["2-x.db.new", "junk"]) writeFileSync(join(folder, name), "half");
    await stage.pull();
    assert.is(filesOf(stage).length, 2);
  }));

test("a snapshot whose file is damaged or gone is brought again", () =>
  onStage(async (stage) => {
    await stage.push();
    const { snapshot } = await stage.pull();
    const path = join(stage.replica, "snapshots", snapshot.file);
    rmSync(path);
    throwsCode("mirror-corrupt", () => stage.read());
    assert.is((await stage.pull()).state, "switched");
    chmodSync(path, 0o644);
    writeFileSync(path, "no database");
    throwsCode("mirror-corrupt", () => stage.read());
    assert.is((await stage.pull()).state, "switched");
    assert.is(stage.read(), contentOf(stage.store));
  }));

test("what a follower refused is not downloaded again, until something changes by which it was judged", () =>
  onStage(async (stage) => {
    const pin = (text: string): void =>
      void writtenMirror(
        (mirror) => mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: encodeUtf8(text) }, origin),
        stage.store,
      );
    pin("ours");
    await stage.push();
    await stage.pull();
    pin("a stranger's");
    await stage.push();
    let downloads = 0;
    const { parts, content } = stage.asking;
    const openBlob: typeof content.openBlob = (...asked) => {
      downloads += 1;
      return content.openBlob(...asked);
    };
    const look = { registry: { parts, content: { ...content, openBlob } }, refused: new RefusedSnapshot() };
    for (let count = 0; count < 3; count++) await rejectsCode("no-trust", () => stage.pull(look));
    assert.is(downloads, 1);
    const acceptPins = [digestOf(encodeUtf8("a stranger's"))];
    assert.is((await stage.pull({ ...look, acceptPins })).state, "switched");
    assert.is(downloads, 2);
  }));

test("a key that is replaced: the old one names the new one, and is taken back with what it vouched for", () =>
  onStage(async (stage) => {
    const [next, other] = [newKey().key, newKey().key];
    await stage.push({ nextKeys: [next.publicKey] });
    const first = await stage.pull();
    assert.equal(first.newKeys, [next.fingerprint]);
    stage.change("second");
    rmSync(join(stage.store, "published.json"));
    await stage.push({ signer: next });
    // Its number is that of the first: the new key's own count began again.
    await rejectsCode("archive-sequence", () => stage.pull());
    await stage.push({ signer: next });
    assert.is((await stage.pull()).snapshot.key, next.fingerprint);
    // Without keys those count that were accepted here; with others only these and what they vouched for.
    stage.change("third");
    await stage.push({ signer: next });
    assert.is((await stage.pull({ keys: [] })).snapshot.sequence, 3);
    await refused(stage, "archive-signature", () => stage.pull({ keys: [publicKeyOf(other)] }));
    assert.is((await stage.pull({ keys: [publicKeyOf(next)] })).state, "current");
  }));

test.run();
