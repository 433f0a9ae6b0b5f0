import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contentRow, type Entry, namedBlobs } from "../../../core/archive/archive-entry.ts";
import { contentLine } from "../../../core/archive/order.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { type ArchiveReader, openArchive } from "../../../proxy/crossing/archive-reader.ts";
import type { DeltaBase } from "../../../proxy/crossing/export-archive.ts";
import { ExportLog } from "../../../proxy/crossing/export-log.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { throwsCode } from "../../support/assert.ts";
import { addImage, exported, ourKey, sampleNote, variedMirror } from "../../support/archive-store.ts";
import { origin, reading, tamper, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/crossing/export-archive");
const acceptance = { keys: [ourKey.key], verifier: nodeVerifier, limits: defaultLimits };

function read<T>(paths: readonly string[], use: (archive: ArchiveReader) => T): T {
  const archive = openArchive(paths, acceptance);
  try {
    return use(archive);
  } finally {
    archive.close();
  }
}

function contentIdOf(entries: Iterable<Entry>): string {
  const hash = createHash("sha256");
  for (const entry of entries) hash.update(contentLine(contentRow(entry)));
  return `sha256:${hash.digest("hex")}`;
}

test("a full archive has every row and every blob, and the content id of the mirror", () => {
  const store = variedMirror();
  const { path, contentId, sequence, entries } = exported(store);
  assert.is(sequence, 1);
  assert.is(
    contentId,
    reading(store, (mirror) => mirror.contentId()),
  );
  read([path], (archive) => {
    assert.is(contentIdOf(archive.entries()), contentId);
    const all = [...archive.entries()];
    assert.is(all.length, entries);
    const named = new Set(all.flatMap((entry) => namedBlobs(entry).map(({ digest }) => digest)));
    const came = [...archive.blobs()].map(({ digest }) => digest);
    assert.equal([...named].sort(), came);
    assert.ok(came.length >= 9);
  });
});

test("the same content, key and time give the same bytes", () => {
  const [one, other] = [exported(variedMirror()), exported(variedMirror())];
  assert.equal(readFileSync(one.path), readFileSync(other.path));
});

/** The archive that a delta changes, as the log has it. */
function since<T>(store: string, sequence: number, use: (base: DeltaBase) => T): T {
  const log = new ExportLog(store, defaultLimits);
  const { record } = log.find(sequence);
  log.close();
  assert.ok(record);
  return use({ ...record, rows: () => log.rows(record), blobs: () => log.blobs(record) });
}

test("a delta has what changed, what is gone, and only blobs that are new", () => {
  const store = variedMirror();
  const first = exported(store);
  writtenMirror((mirror) => {
    addImage(mirror, "ghcr.io/org/app", "2.0");
    mirror.writer().unpin("key", "k8s://ns/name");
    mirror.writer().setCheckpoint({ origin: "rekor.example", size: 9n, note: sampleNote(9) }, origin);
  }, store);
  const delta = since(store, 1, (base) => exported(store, { kind: "delta", base }));
  assert.is(delta.sequence, 2);
  assert.is(delta.base, 1);
  assert.equal([delta.tombstones, delta.blobs], [2, 2]);
  read([delta.path], ({ statement }) => {
    assert.is(statement.previous, first.statement);
    assert.equal(statement.base, { sequence: 1, statement: first.statement, contentId: first.contentId });
  });
  read([delta.path], (archive) => {
    const all = [...archive.entries()];
    assert.equal(
      all.flatMap((entry) => ("gone" in entry ? [`${entry.kind} ${entry.key}`] : [])),
      // The claim ended, because the new image contradicts it.
      ["complete ghcr.io/org/app", "pin key k8s://ns/name"],
    );
    assert.equal(all.flatMap((entry) => ("gone" in entry ? [] : [entry.kind])).sort(), [
      "blob",
      "checkpoint",
      "manifest",
      "partial",
      "referrers",
      "tag",
      "tag",
    ]);
    for (const blob of archive.blobs()) blob.bytes();
  });
  const nothing = since(store, 2, (base) => exported(store, { kind: "delta", base }));
  assert.equal([nothing.entries, nothing.tombstones, nothing.blobs], [0, 0, 0]);
});

test("an archive of trust has trust alone", () => {
  const { path, entries } = exported(variedMirror(), { kind: "trust" });
  read([path], (archive) => {
    const kinds = [...archive.entries()].map(({ kind }) => kind);
    assert.equal(kinds, ["checkpoint", "distrust", "distrust", "pin key", "trusted-root"]);
    assert.is(entries, 5);
    assert.is(contentIdOf(archive.entries()), archive.statement.contentId);
  });
});

test("parts: each within its size, in any order, and one that is missing is named", () => {
  const store = variedMirror(20, "x".repeat(20_000));
  const chunkSize = 128 * 1024;
  const { files } = exported(store, { chunkSize });
  assert.ok(files.length > 2, String(files.length));
  for (const { path, bytes } of files) assert.ok(bytes <= chunkSize && readFileSync(path).length === bytes);
  assert.match(files[0]?.path ?? "", new RegExp(`\\.001-of-00${files.length}$`));
  const paths = files.map(({ path }) => path).reverse();
  read(paths, (archive) => {
    assert.is([...archive.entries()].length, archive.statement.totals.entries);
    assert.is([...archive.blobs()].map((blob) => blob.bytes()).length, archive.statement.totals.blobs);
  });
  const { message } = throwsCode("archive-incomplete", () => openArchive(paths.slice(1), acceptance));
  assert.match(message, String(files.length));
  throwsCode("archive-incomplete", () => openArchive([...paths, paths[0] as string], acceptance));
  const other = exported(store, { chunkSize }).files[1]?.path as string;
  throwsCode("archive-incomplete", () =>
    openArchive([...paths.filter((path) => !/002-of/.test(path)), other], acceptance),
  );
});

test("a blob that fits in no part is named, and so are lists that are too long; nothing is left", () => {
  const store = writtenMirror((mirror) => void addImage(mirror, "ghcr.io/org/app", "1", "x".repeat(100_000)));
  const folder = temporaryFolder();
  const refused = (chunkSize: number) =>
    throwsCode("invalid-usage", () => exported(store, { chunkSize, path: join(folder, "a.tar") })).message;
  assert.match(refused(50_000), /100\d\d\d bytes of sha256/);
  assert.match(refused(2000), /lists/);
  assert.equal(readdirSync(folder), []);
  assert.is(exported(store).sequence, 1);
});

test("a dry run counts and writes nothing", () => {
  const store = variedMirror();
  const folder = temporaryFolder();
  const report = exported(store, { isDry: true, path: join(folder, "a.tar") });
  assert.equal(report.files, []);
  assert.ok(report.blobs > 0);
  assert.equal(readdirSync(folder), []);
  assert.equal(
    readdirSync(join(store, "exports")).filter((name) => !name.startsWith("writer")),
    [],
  );
});

test("what a mirror lacks or has damaged is not carried away", () => {
  for (const sql of [
    "DELETE FROM blob",
    "UPDATE blob SET bytes = x'00'",
    "UPDATE answer SET source = 'elsewhere'",
    "UPDATE pin SET name = 'other'",
    "UPDATE checkpoint SET note = 'other'",
    "UPDATE distrust SET reason = 'none'",
    "UPDATE complete SET at = 'now'",
  ]) {
    const store = variedMirror();
    tamper(store, sql);
    const folder = temporaryFolder();
    throwsCode("mirror-corrupt", () => exported(store, { path: join(folder, "a.tar") }));
    assert.equal(readdirSync(folder), [], sql);
  }
});

test("a place that cannot be written takes no number", () => {
  const store = variedMirror();
  throwsCode("invalid-usage", () => exported(store, { path: "/nowhere/archive.tar" }));
  throwsCode("invalid-usage", () => exported(store, { path: "/dev/null/archive.tar" }));
  assert.is(exported(store).sequence, 1);
});

test("files to bootstrap from travel along as an artifact of their own", () => {
  const folder = temporaryFolder();
  const store = variedMirror();
  const input = [{ name: "README.md", path: "README.md" }];
  const { path, bootstrap } = exported(store, { bootstrap: input, path: join(folder, "a.tar") });
  assert.is(bootstrap[0]?.name, "README.md");
  read([path], (archive) => {
    assert.equal(archive.statement.bootstrap, bootstrap);
    const extra = [...archive.blobs()].filter(({ use }) => use === "bootstrap");
    assert.is(extra.length, 3);
  });
  assert.match(readFileSync(path, "latin1"), "sallyport-bootstrap");
});

test("image layers are carried where that is asked for", () => {
  const store = variedMirror();
  const bytes = encodeUtf8("a layer of an image");
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const;
  writtenMirror((mirror) => {
    mirror.layers.add(digest, (take) => {
      take(bytes);
      return true;
    });
  }, store);
  assert.is(exported(store).layers, 0);
  const { path, layers } = exported(store, { withLayers: true });
  assert.is(layers, 1);
  read([path], (archive) => {
    const layer = [...archive.blobs()].flatMap((blob) => (blob.use === "layer" ? [Buffer.from(blob.bytes())] : []));
    assert.equal(layer, [Buffer.from(bytes)]);
  });
});

test.run();
