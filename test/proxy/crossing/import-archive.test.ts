import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { makeTufRepository, type TufSource } from "../../lab/tuf-repository.ts";
import { throwsCode } from "../../support/assert.ts";
import { addImage, exported, makeKey, sampleNote, variedMirror } from "../../support/archive-store.ts";
import { exportedSince, importing } from "../../support/importing.ts";
import { dumpMirror } from "../../support/mirror-dump.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";

const test = suite("proxy/crossing/import-archive");
const idOf = (store: string): string => reading(store, (mirror) => mirror.contentId());
const damageOf = (store: string) => reading(store, (mirror) => mirror.inspect(nodeVerifier).damage);
const change = (store: string, write: (mirror: Mirror) => void): string => writtenMirror(write, store);
const repository = "ghcr.io/org/app";

test("a full archive makes the same mirror: content id, answers, no damage", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const { path, contentId } = exported(near);
  const imported = importing(far, path);
  assert.equal([imported.contentId, imported.mirrorContentId, idOf(far)], [contentId, contentId, idOf(near)]);
  assert.equal(damageOf(far), []);
  const tagOf = (store: string) =>
    reading(store, (mirror) => mirror.knowledge().answer({ kind: "tag", repository, tag: "1.1" }));
  assert.equal(tagOf(far), tagOf(near));
  const listOf = (store: string) => reading(store, (mirror) => mirror.list());
  assert.equal(listOf(far), listOf(near));
});

test("deltas follow: what changed is changed, what is gone is gone, with its bytes", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  change(near, (mirror) => {
    addImage(mirror, repository, "2.0");
    mirror.writer().remove([{ repository, tag: "1.0" }]);
    mirror.writer().unpin("key", "k8s://ns/name");
    mirror.writer().setCheckpoint({ origin: "rekor.example", size: 9n, note: sampleNote(9) }, origin);
  });
  const { path, tombstones } = exportedSince(near, 1);
  assert.ok(tombstones > 3);
  const imported = importing(far, path);
  assert.equal([imported.mirrorContentId, idOf(far)], [idOf(near), idOf(near)]);
  assert.equal(damageOf(far), []);
  const blobs = (store: string) => reading(store, (mirror) => mirror.status().blobs);
  assert.is(blobs(far), blobs(near));
  change(near, (mirror) => void addImage(mirror, repository, "3.0"));
  importing(far, exportedSince(near, 2).path);
  assert.is(idOf(far), idOf(near));
  // A full archive after deltas takes away what is gone as well.
  change(near, (mirror) => mirror.writer().remove([{ repository, tag: "2.0" }]));
  importing(far, exported(near).path);
  assert.is(idOf(far), idOf(near));
});

test("parts in any order", () => {
  const near = variedMirror(5, "x".repeat(20_000));
  const { files } = exported(near, { chunkSize: 60_000 });
  assert.ok(files.length > 2);
  const far = temporaryFolder();
  importing(far, files.map(({ path }) => path).reverse());
  assert.is(idOf(far), idOf(near));
});

test("archives of trust have the same counter, are no base, and do not stand in the way of a delta", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  change(near, (mirror) => {
    mirror.writer().setCheckpoint({ origin: "rekor.example", size: 8n, note: sampleNote(8) }, origin);
    mirror.writer().addDistrust({ kind: "log", value: "cd".repeat(32) }, origin);
  });
  const trust = importing(far, exported(near, { kind: "trust" }).path);
  assert.equal([trust.kind, trust.sequence], ["trust", 2]);
  assert.is(idOf(far), idOf(near));
  change(near, (mirror) =>
    mirror.writer().setCheckpoint({ origin: "rekor.example", size: 9n, note: sampleNote(9) }, origin),
  );
  importing(far, exportedSince(near, 1).path);
  assert.is(idOf(far), idOf(near));
  assert.is(
    reading(far, (mirror) => mirror.imports.seen().base?.sequence),
    3,
  );
});

test("a checkpoint of this side's own evidence may be newer than the archive's, and stays", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  const sizes = () => reading(far, (mirror) => mirror.status().checkpoints.map(({ size }) => size));
  assert.equal(sizes(), ["7"]);
  const own = { origin: "rekor.example", size: 9n, note: sampleNote(9) };
  change(far, (mirror) => assert.equal(mirror.writer().raiseCheckpoints([own], origin), []));
  importing(far, exported(near).path);
  assert.equal(sizes(), ["9"]);
  change(near, (mirror) =>
    mirror.writer().setCheckpoint({ origin: "rekor.example", size: 10n, note: sampleNote(10) }, origin),
  );
  importing(far, exported(near).path);
  assert.equal(sizes(), ["10"]);
});

test("what this side added stays: pins, distrust, images, and signatures beside those that came", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  const added = { at: "2026-02-01T00:00:00Z", from: "layout usb" };
  const digest = reading(far, (mirror) => mirror.list()[0]?.digest) ?? "sha256:";
  const question = { kind: "referrers", repository, digest } as const;
  const listed = { mediaType: "a/b", digest: `sha256:${"1".repeat(64)}`, size: 3 } as const;
  change(far, (mirror) => {
    addImage(mirror, "ghcr.io/org/own", "1");
    mirror.writer().pin({ kind: "key", name: "k8s://ns/own", bytes: encodeUtf8("own") }, origin);
    mirror.writer().addDistrust({ kind: "digest", value: `sha256:${"2".repeat(64)}` }, origin);
    mirror.writer().setAnswer(question, { state: "present", value: [listed], partial: true, ...added });
  });
  change(near, (mirror) => void addImage(mirror, repository, "4.0"));
  const imported = importing(far, exportedSince(near, 1).path);
  assert.is.not(imported.mirrorContentId, imported.contentId);
  const check = () =>
    reading(far, (mirror) => {
      assert.ok(mirror.list().some(({ image }) => image === "ghcr.io/org/own:1"));
      assert.is(mirror.knowledge().pins().length, 2);
      assert.is(mirror.knowledge().distrustEntries().length, 3);
      const list = mirror.knowledge().recorded(question);
      assert.equal(list?.state === "present" ? list.value : [], [listed]);
    });
  check();
  importing(far, exported(near).path);
  check();
  assert.equal(damageOf(far), []);
});

test("an image of a layout stays when the archives that brought it too no longer have it", () => {
  const tag = { kind: "tag", repository: "ghcr.io/org/app", tag: "own" } as const;
  const value = { mediaType: "a/b", digest: digestOf(encodeUtf8("own")), size: 3 };
  for (const first of ["layout", "archive"]) {
    const near = variedMirror();
    const far = temporaryFolder();
    const put = (store: string, from: string) =>
      writtenMirror(
        (mirror) => mirror.writer().setAnswer(tag, { state: "present", value, at: origin.at, from }),
        store,
      );
    put(near, "ghcr.io");
    if (first === "layout") put(far, "layout x");
    importing(far, exported(near).path);
    if (first === "archive") put(far, "layout x");
    tamper(near, "DELETE FROM answer WHERE question = ?", "tag ghcr.io/org/app own");
    importing(far, exported(near).path);
    assert.is(
      reading(far, (mirror) => mirror.knowledge().answer(tag)?.state),
      "present",
      first,
    );
    importing(far, exported(near).path);
    assert.is(
      reading(far, (mirror) => mirror.knowledge().answer(tag)?.state),
      "present",
      first,
    );
  }
});

test("a pin is not changed without --accept-pins", () => {
  const near = variedMirror();
  const far = change(
    temporaryFolder(),
    (mirror) => void mirror.writer().pin({ kind: "key", name: "k8s://ns/name", bytes: encodeUtf8("another") }, origin),
  );
  const { path } = exported(near);
  const before = dumpMirror(far);
  throwsCode("no-trust", () => importing(far, path));
  assert.is(dumpMirror(far), before);
  importing(far, path, { acceptPins: true });
  assert.is(idOf(far), idOf(near));
});

test("what names a digest is found in what came by archives, and in what came before that was so", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  const names = (store: string, tag: string) =>
    reading(store, (mirror) => {
      const known = mirror.knowledge().answer({ kind: "tag", repository, tag });
      const digest = known?.state === "present" ? known.value.digest : digestOf(Buffer.of());
      const manifest = JSON.parse(Buffer.from(mirror.knowledge().bytes(digest)).toString());
      return [digest, mirror.naming(repository, manifest.config.digest, 9)];
    });
  const [digest, naming] = names(near, "1.1");
  assert.equal(naming, [digest]);
  assert.equal(names(far, "1.1"), names(near, "1.1"));
  change(near, (mirror) => void addImage(mirror, repository, "new"));
  importing(far, exportedSince(near, 1).path);
  assert.equal(names(far, "new"), names(near, "new"));
  tamper(far, "DELETE FROM named");
  tamper(far, "PRAGMA user_version = 14");
  change(far, () => undefined);
  assert.equal(names(far, "1.1"), names(near, "1.1"));
});

test("a dry run says the same and writes nothing", () => {
  const far = writtenMirror(() => undefined);
  const { path, contentId } = exported(variedMirror());
  const before = dumpMirror(far);
  assert.is(importing(far, path, { isDry: true }).mirrorContentId, contentId);
  assert.is(dumpMirror(far), before);
});

test("keys that were given and keys that an archive names are accepted from then on", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  const next = makeKey();
  const { path } = exported(near, { nextKeys: [next.signing.publicKey] });
  const given = { fingerprint: "0".repeat(64), pem: "given" };
  assert.is(importing(far, path, { givenKeys: [given] }).newKeys.length, 2);
  assert.equal(
    reading(far, (mirror) => mirror.imports.keys().map(({ fingerprint }) => fingerprint)).sort(),
    [given.fingerprint, next.key.fingerprint].sort(),
  );
});

test("a run keeps the signed time and what came", () => {
  const far = temporaryFolder();
  importing(far, exported(variedMirror()).path);
  const [run] = reading(far, (mirror) => mirror.log.runs(1));
  const { signedTime, archive, sequence } = (run?.summary ?? {}) as Record<string, unknown>;
  assert.equal([run?.kind, signedTime, archive, sequence], ["import", "2026-11-30T05:00:00.000Z", "full", 1]);
});

test("layers come with it, and go again when the import fails", () => {
  const near = variedMirror();
  const layer = Buffer.from("a layer");
  change(near, (mirror) => {
    const hex = mirror.writer().addBlob(layer);
    mirror.layers.add(hex, (take) => {
      take(layer);
      return true;
    });
    const manifest = encodeUtf8(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", digest: hex, size: layer.length }],
      }),
    );
    const own = mirror.writer().addBlob(manifest);
    mirror
      .writer()
      .setAnswer({ kind: "manifest", repository, digest: own }, { state: "present", value: manifest, ...origin });
  });
  const { path, layers } = exported(near, { withLayers: true });
  assert.is(layers, 1);
  const far = writtenMirror(() => undefined);
  const before = dumpMirror(far);
  const judge = (): never => {
    throw new EngineError("mirror-busy", "stopped before the commit");
  };
  throwsCode("mirror-busy", () => importing(far, path, { judge }));
  assert.is(dumpMirror(far).replace(/\n?(oci-layout|index\.json) \w+/g, ""), before);
  assert.is(importing(far, path).layers, 1);
  assert.is(
    reading(far, (mirror) => mirror.status().layers.count),
    1,
  );
});

test("what archives brought is looked at before a delta changes it", () => {
  const near = variedMirror();
  const far = temporaryFolder();
  importing(far, exported(near).path);
  tamper(far, "DELETE FROM imported WHERE kind = 'complete'");
  change(near, (mirror) => void addImage(mirror, repository, "5.0"));
  const { path } = exportedSince(near, 1);
  const before = dumpMirror(far);
  throwsCode("mirror-corrupt", () => importing(far, path));
  assert.is(dumpMirror(far), before);
  importing(far, exported(near).path);
  assert.is(idOf(far), idOf(near));
});

test("all targets of a TUF repository cross, and go when they are listed no more", () => {
  const tuf = makeTufRepository(encodeUtf8("{}"));
  const source = (others: Readonly<Record<string, string>>): TufSource => ({
    ...tuf.source(),
    floors: { root: "1", snapshot: "1", targets: "1", timestamp: "1" },
    otherTargets: Object.entries(others).map(([path, text]) => ({ path, bytes: encodeUtf8(text) })),
  });
  const update = (value: TufSource) => (mirror: Mirror) => {
    mirror.writer().setAnswer({ kind: "trusted-root", name: "ours" }, { state: "present", value, ...origin });
  };
  const near = change(variedMirror(), update(source({ "a.pub": "a key", "folder/b.json": "b" })));
  const far = temporaryFolder();
  const initialRoot = (name: string) => (name === "ours" ? tuf.rootHistory[0] : undefined);
  importing(far, exported(near).path, { initialRoot });
  const held = (path: string) => reading(far, (mirror) => mirror.knowledge().tufTarget("ours", path));
  assert.equal([held("a.pub"), held("folder/b.json")], [encodeUtf8("a key"), encodeUtf8("b")]);
  assert.equal([idOf(far), damageOf(far)], [idOf(near), []]);
  change(near, update(source({ "a.pub": "another" })));
  importing(far, exportedSince(near, 1).path, { initialRoot });
  assert.equal([held("a.pub"), held("folder/b.json")], [encodeUtf8("another"), undefined]);
  assert.equal([idOf(far), damageOf(far)], [idOf(near), []]);
  importing(temporaryFolder(), exported(near, { kind: "trust" }).path, { initialRoot });
});

test.run();
