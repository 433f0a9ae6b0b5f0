import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { LayoutFiles } from "../../../proxy/archive/layout-files.ts";
import { FolderSource, type LayoutSource } from "../../../proxy/archive/layout-source.ts";
import { throwsCode } from "../../support/assert.ts";
import { LayoutFolder } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/layout-files");
const absent = `sha256:${"0".repeat(64)}` as const;

const made = () => {
  const folder = new LayoutFolder(temporaryFolder());
  return { folder, files: new LayoutFiles(new FolderSource(folder.path), defaultLimits) };
};

test("bytes by digest, or nothing", () => {
  const { folder, files } = made();
  const { digest } = folder.blob("hello");
  assert.is(Buffer.from(files.read(digest, 5) ?? []).toString(), "hello");
  assert.is(files.read(absent, 5), undefined);
  assert.equal([files.size(digest), files.size(absent)], [5, undefined]);
  throwsCode("over-limit", () => files.read(digest, 4));
  writeFileSync(folder.file(digest), "hellO");
  assert.is(throwsCode("archive-corrupt", () => files.read(digest, 5)).subject, digest);
});

test("only files named by digests are blobs", () => {
  const { folder, files } = made();
  const { digest } = folder.blob("x");
  for (const name of ["README", `${digest.slice(7)}.tmp`, digest.slice(7).toUpperCase(), ".."])
    if (name !== "..") writeFileSync(join(folder.path, "blobs", "sha256", name), "");
  assert.equal(files.digests(), [digest]);
  throwsCode("over-limit", () =>
    new LayoutFiles(new FolderSource(folder.path), { ...defaultLimits, layoutEntries: 1 }).digests(),
  );
  rmSync(join(folder.path, "blobs"), { recursive: true });
  throwsCode("archive-corrupt", () => files.digests());
  writeFileSync(join(folder.path, "blobs"), "a file");
  throwsCode("archive-corrupt", () => files.digests());
});

const readIfReferrer = (files: LayoutFiles, digest: Digest) => files.readIfManifest(digest, '"subject"');

test("what may be a referrer: JSON of a manifest's size that has the word", () => {
  const { folder, files } = made();
  const yes = folder.blob('{"subject":{}}');
  for (const no of [
    folder.blob('{"layers":[]}'),
    folder.blob('["subject"]'),
    folder.blob(" {}"),
    folder.blob(""),
    folder.blob(`{"subject":"${"x".repeat(defaultLimits.manifestBytes)}"}`),
  ])
    assert.is(readIfReferrer(files, no.digest), undefined);
  assert.ok(readIfReferrer(files, yes.digest));
  assert.is(readIfReferrer(files, absent), undefined);
  writeFileSync(folder.file(yes.digest), '{"subject":[]}');
  throwsCode("archive-corrupt", () => readIfReferrer(files, yes.digest));
});

test("what is no regular file is damage", () => {
  const { folder, files } = made();
  mkdirSync(folder.file(absent));
  throwsCode("archive-corrupt", () => files.read(absent, 5));
  throwsCode("archive-corrupt", () => readIfReferrer(files, absent));
  throwsCode("archive-corrupt", () => files.size(absent));
});

test("an index and the marker beside it", () => {
  const { folder, files } = made();
  throwsCode("invalid-usage", () => files.readIndex());
  folder.write();
  assert.equal(files.readIndex().index.manifests, []);
  assert.instance(files.readIndex().changed, Date);
  rmSync(join(folder.path, "oci-layout"));
  throwsCode("invalid-usage", () => files.readIndex());
});

test("pieces of a blob, of the stated size and no other", () => {
  const { folder, files } = made();
  const bytes = Buffer.alloc(2 * 1024 * 1024 + 5, 3);
  const { digest } = folder.blob(bytes);
  const pieces: Uint8Array[] = [];
  assert.ok(files.copy(digest, bytes.length, (piece) => pieces.push(piece)));
  assert.is(pieces.length, 3);
  assert.ok(Buffer.concat(pieces).equals(bytes));
  assert.not(files.copy(absent, 1, () => assert.unreachable()));
  for (const stated of [bytes.length - 1, bytes.length + 1, 0])
    throwsCode("archive-corrupt", () => files.copy(digest, stated, () => assert.unreachable()));
  // A file that is cut while it is copied.
  throwsCode("archive-corrupt", () => files.copy(digest, bytes.length, () => truncateSync(folder.file(digest), 7)));
});

test("a date that no calendar has counts as old", () => {
  for (const [time, changed] of [
    [Date.UTC(2026, 0, 1), "2026-01-01T00:00:00.000Z"],
    [Date.UTC(9999, 11, 31), "9999-12-31T00:00:00.000Z"],
    [Date.UTC(20000, 0, 1), "1970-01-01T00:00:00.000Z"],
    [8.64e15, "1970-01-01T00:00:00.000Z"],
    [Number.NaN, "1970-01-01T00:00:00.000Z"],
    [Date.UTC(1960, 0, 1), "1970-01-01T00:00:00.000Z"],
  ] as const) {
    const content = Buffer.from('{"imageLayoutVersion":"1.0.0","manifests":[]}');
    const source: LayoutSource = {
      name: "memory",
      open: () => ({
        size: content.length,
        changed: new Date(time),
        read: (length, offset) => content.subarray(offset, offset + length),
        close: () => undefined,
      }),
      list: () => [],
      close: () => undefined,
    };
    assert.is(new LayoutFiles(source, defaultLimits).readIndex().changed.toISOString(), changed);
  }
});

test.run();
