/** What operators took away of what an archive brought, when the same archive comes again. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../../core/crypto/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { Mirror } from "../../../proxy/mirror/mirror.ts";
import { runCli } from "../../cli/command-io.ts";
import { throwsCode } from "../../support/assert.ts";
import { addImage, exported, variedMirror } from "../../support/archive-store.ts";
import { exportedSince, importing } from "../../support/importing.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/import-taken");
const repository = "ghcr.io/org/app";
const change = (store: string, write: (mirror: Mirror) => void): void => void writtenMirror(write, store);
const tagsOf = (store: string): readonly string[] =>
  reading(store, (mirror) => [...mirror.list()].flatMap(({ tag }) => tag ?? []));
const distrustOf = (store: string): readonly string[] =>
  reading(store, (mirror) =>
    mirror
      .knowledge()
      .distrustEntries()
      .map(({ row }) => row.reason ?? ""),
  );
const claimsOf = (store: string): number => reading(store, (mirror) => mirror.knowledge().allClaims().length);
const blobsOf = (store: string): number =>
  reading(store, () => {
    const database = new Database(join(store, "mirror.db"), { readonly: true });
    const count = database.prepare<[], number>("SELECT count(*) FROM blob").pluck().get() ?? 0;
    database.close();
    return count;
  });
/** Loses a row that nobody took away, so that the archive may come again. */
const lose = (store: string): void => tamper(store, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.0'");

function crossed(from = variedMirror()) {
  const far = temporaryFolder();
  const { path } = exported(from);
  importing(far, path);
  return { near: from, far, path };
}

for (const [how, take] of [
  ["mirror rm", (mirror: Mirror) => mirror.writer().remove([{ repository, tag: "1.1" }])],
  [
    "mirror gc",
    (mirror: Mirror) => mirror.writer().collect({ keep: (name: string) => /:1[.][02]$/.test(name), endClaims: true }),
  ],
] as const)
  test(`${how}: an image, its bytes and the claims that ended do not come again with the same archive`, () => {
    const { near, far, path } = crossed();
    const before = blobsOf(far);
    change(far, take);
    assert.equal([tagsOf(far), claimsOf(far)], [["1.0", "1.2"], 0]);
    const left = blobsOf(far);
    assert.ok(left < before);
    throwsCode("archive-sequence", () => importing(far, path));
    // However often it comes.
    for (let times = 0; times < 2; times++) {
      lose(far);
      assert.equal(importing(far, path).mended, { damaged: 0, missing: 1, left: 0 });
      assert.equal([tagsOf(far), claimsOf(far), blobsOf(far)], [["1.0", "1.2"], 0, left]);
    }
    // A later archive says what the other side has now.
    importing(far, exported(near).path);
    assert.equal([tagsOf(far), claimsOf(far), blobsOf(far)], [["1.0", "1.1", "1.2"], 1, before]);
  });

test("distrust rm: an entry does not come again with the same archive, its neighbour does", () => {
  const { near, far, path } = crossed();
  assert.equal(distrustOf(far).toSorted(), ["lies", "lies again"]);
  change(far, (mirror) => {
    const [entry] = mirror
      .knowledge()
      .distrustEntries()
      .filter(({ row }) => row.reason === "lies");
    mirror.writer().removeDistrust(entry?.digest ?? digestOf(new Uint8Array()));
  });
  throwsCode("archive-sequence", () => importing(far, path));
  tamper(far, "DELETE FROM distrust");
  assert.equal(importing(far, path).mended, { damaged: 0, missing: 1, left: 0 });
  assert.equal(distrustOf(far), ["lies again"]);
  importing(far, exported(near).path);
  assert.equal(distrustOf(far).toSorted(), ["lies", "lies again"]);
});

test("what was taken away and given again is put back when it is lost", () => {
  const { far, path } = crossed();
  change(far, (mirror) => {
    const writer = mirror.writer();
    const [entry] = mirror.knowledge().distrustEntries();
    const [pin] = mirror.knowledge().pins();
    assert.ok(entry !== undefined && pin !== undefined);
    writer.remove([{ repository, tag: "1.1" }]);
    writer.removeDistrust(entry.digest);
    writer.unpin("key", pin.name);
    addImage(mirror, repository, "1.1");
    writer.addDistrust(entry.row, origin);
    writer.pin({ kind: "key", name: pin.name, bytes: pin.bytes }, origin);
  });
  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app 1.1'");
  tamper(far, "DELETE FROM distrust");
  tamper(far, "DELETE FROM pin");
  assert.equal(importing(far, path).mended, { damaged: 0, missing: 4, left: 0 });
  assert.equal([tagsOf(far), distrustOf(far).length], [["1.0", "1.1", "1.2"], 2]);
});

test("trust unpin is an operator's word too", async () => {
  const near = writtenMirror((mirror) => {
    addImage(mirror, repository, "1.0");
    mirror.writer().pin({ kind: "trusted-root", name: "corp", bytes: encodeUtf8("{}") }, origin);
  });
  const { far, path } = crossed(near);
  const pins = () => reading(far, (mirror) => mirror.knowledge().pins().length);
  assert.is(pins(), 1);
  assert.is((await runCli(["trust", "unpin", "--name", "corp", "--store", far])).exit, 0);
  lose(far);
  assert.equal(importing(far, path).mended, { damaged: 0, missing: 1, left: 0 });
  assert.is(pins(), 0);
});

for (const kind of ["full", "delta"] as const)
  test(`${kind}: a pin that was taken away stays away with later archives, by any key, until pins are accepted`, () => {
    const { near, far } = crossed();
    const names = () =>
      reading(far, (mirror) =>
        mirror
          .knowledge()
          .pins()
          .map(({ name }) => name),
      );
    const [name = ""] = names();
    change(far, (mirror) => void mirror.writer().unpin("key", name));
    const later = (): string => {
      const { path } = kind === "full" ? exported(near) : exportedSince(near, sequence++);
      return path;
    };
    let sequence = 1;
    change(near, (mirror) => addImage(mirror, repository, "2.0"));
    importing(far, later());
    assert.equal([names(), tagsOf(far).includes("2.0")], [[], true]);
    // Another key under its name is no word of this side's either.
    change(near, (mirror) => {
      const [pin] = mirror.knowledge().pins();
      mirror.writer().unpin("key", name);
      mirror
        .writer()
        .pin({ kind: "key", name, bytes: encodeUtf8(`${decodeUtf8(pin?.bytes ?? new Uint8Array())}\n`) }, origin);
    });
    const other = later();
    assert.equal(importing(far, other).pinsAway, [{ kind: "key", name }]);
    assert.equal(names(), []);
    // What stays away is not lost.
    throwsCode("archive-sequence", () => importing(far, other));
    const foreign = digestOf(encodeUtf8("another pin"));
    throwsCode("archive-sequence", () => importing(far, other, { acceptPins: [foreign] }));
    change(near, (mirror) => {
      const [pin] = mirror.knowledge().pins();
      mirror.writer().unpin("key", name);
      mirror.writer().pin({ kind: "key", name, bytes: pin?.bytes ?? new Uint8Array() }, origin);
      addImage(mirror, repository, "2.1");
    });
    importing(far, exported(near).path, { acceptPins: true });
    assert.equal(names(), [name]);
    // It is this side's again.
    importing(far, exported(near).path);
    assert.equal(names(), [name]);
  });

test("a delta that has the row again brings it, and one that says that it is gone ends the matter", () => {
  const { near, far } = crossed();
  change(far, (mirror) => {
    mirror.writer().remove([
      { repository, tag: "1.1" },
      { repository, tag: "1.2" },
    ]);
  });
  change(near, (mirror) => {
    addImage(mirror, repository, "1.1", "changed");
    mirror.writer().remove([{ repository, tag: "1.2" }]);
  });
  importing(far, exportedSince(near, 1).path);
  assert.equal(tagsOf(far), ["1.0", "1.1"]);
  const taken = new Database(join(far, "mirror.db"), { readonly: true });
  const kept = taken.prepare<[], string>("SELECT key FROM taken WHERE kind = 'tag'").pluck().all();
  taken.close();
  // Signature tags of the old 1.1, which that side still has.
  assert.ok(
    kept.every((key) => /sha256-/.test(key)),
    kept.join(),
  );
});

test("layers of an image that was taken away stay away", () => {
  const layers = ["one", "two"].map(encodeUtf8);
  const near = writtenMirror((mirror) => {
    for (const layer of layers) {
      const bytes = encodeUtf8(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: "application/vnd.oci.image.manifest.v1+json",
          layers: [
            { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf(layer), size: layer.length },
          ],
        }),
      );
      const [digest, tag] = [digestOf(bytes), Buffer.from(layer).toString()];
      const value = { digest, mediaType: "application/vnd.oci.image.manifest.v1+json", size: bytes.length };
      mirror.writer().setAnswer({ kind: "tag", repository, tag }, { state: "present", value, ...origin });
      mirror
        .writer()
        .setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: bytes, ...origin });
      mirror.layers.add(digestOf(layer), (take) => {
        take(layer);
        return true;
      });
    }
  });
  const far = temporaryFolder();
  const { path } = exported(near, { withLayers: true });
  assert.is(importing(far, path).layers, 2);
  const files = () => reading(far, (mirror) => layers.map((layer) => existsSync(mirror.layers.path(digestOf(layer)))));
  assert.equal(files(), [true, true]);
  change(far, (mirror) => void mirror.writer().remove([{ repository, tag: "one" }]));
  assert.equal(files(), [false, true]);
  tamper(far, "DELETE FROM answer WHERE question = 'tag ghcr.io/org/app two'");
  assert.is(importing(far, path).layers, 0);
  assert.equal(files(), [false, true]);
});

test("what the records of an older program say was taken away stays away", () => {
  const { far, path } = crossed();
  change(far, (mirror) => {
    const [entry] = mirror.knowledge().distrustEntries();
    const [pin] = mirror.knowledge().pins();
    const summaries = {
      "unpin-key": { kind: "key", name: pin?.name ?? "" },
      "distrust rm": { digest: entry?.digest ?? "" },
    };
    for (const [kind, removed] of Object.entries(summaries))
      mirror.log.addRun({ kind, started: origin.at, ended: origin.at, from: kind, summary: { removed: [removed] } });
    mirror.writer().unpin("key", pin?.name ?? "");
    mirror.writer().removeDistrust(entry?.digest ?? digestOf(new Uint8Array()));
  });
  const database = new Database(join(far, "mirror.db"));
  database.exec("DROP TABLE taken; PRAGMA user_version = 13");
  database.close();
  throwsCode("archive-sequence", () => importing(far, path));
  assert.is(distrustOf(far).length, 1);
});

test.run();
