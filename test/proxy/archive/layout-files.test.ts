import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { LayoutFiles } from "../../../proxy/archive/layout-files.ts";
import { throwsCode } from "../../support/assert.ts";
import { LayoutFolder } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/layout-files");
const absent = `sha256:${"0".repeat(64)}` as const;

const made = () => {
  const folder = new LayoutFolder(temporaryFolder());
  return { folder, files: new LayoutFiles(folder.path, defaultLimits) };
};

test("bytes by digest, or nothing", () => {
  const { folder, files } = made();
  const { digest } = folder.blob("hello");
  assert.is(Buffer.from(files.read(digest, 5) ?? []).toString(), "hello");
  assert.is(files.read(absent, 5), undefined);
  assert.ok(files.has(digest) && !files.has(absent));
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
  throwsCode("over-limit", () => new LayoutFiles(folder.path, { ...defaultLimits, layoutEntries: 1 }).digests());
  rmSync(join(folder.path, "blobs"), { recursive: true });
  throwsCode("archive-corrupt", () => files.digests());
  writeFileSync(join(folder.path, "blobs"), "a file");
  throwsCode("archive-corrupt", () => files.digests());
});

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
    assert.is(files.readIfReferrer(no.digest), undefined);
  assert.ok(files.readIfReferrer(yes.digest));
  assert.is(files.readIfReferrer(absent), undefined);
  writeFileSync(folder.file(yes.digest), '{"subject":[]}');
  throwsCode("archive-corrupt", () => files.readIfReferrer(yes.digest));
});

test("what is no regular file is damage", () => {
  const { folder, files } = made();
  mkdirSync(folder.file(absent));
  throwsCode("archive-corrupt", () => files.read(absent, 5));
  throwsCode("archive-corrupt", () => files.readIfReferrer(absent));
  assert.not(files.has(absent));
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

test.run();
