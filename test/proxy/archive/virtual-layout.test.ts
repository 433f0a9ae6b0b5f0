import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { FolderSource } from "../../../proxy/archive/layout-source.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { digestOf } from "../../../core/crypto/digest.ts";
import { hashFile, readSmall, toJson, VirtualLayout, withFile } from "../../../proxy/archive/virtual-layout.ts";
import { throwsCode } from "../../support/assert.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/virtual-layout");

test("an index that is made here is a layout over blobs that lie elsewhere", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "config"), "{}");
  const base = new FolderSource(folder);
  const digest = withFile(base, "config", hashFile);
  assert.is(digest, digestOf(Buffer.from("{}")));
  if (digest === undefined) throw new Error("no digest");
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = toJson({ schemaVersion: 2, mediaType, config: { mediaType: "a/b", digest, size: 2 }, layers: [] });
  const source = new VirtualLayout(
    base,
    [{ descriptor: { mediaType, digest: digestOf(manifest), size: manifest.length }, name: "ghcr.io/org/app:1" }],
    { blobs: new Map([[digest, "config"]]), made: [manifest], changed: new Date(0) },
  );
  assert.is(source.list("blobs/sha256").length, 2);
  assert.is(source.open("config"), undefined, "only what the layout names");
  const layout = openLayout(source, { limits: defaultLimits });
  const repository = "ghcr.io/org/app";
  assert.equal(layout.images(), [{ repository, tag: "1", digest: digestOf(manifest) }]);
  assert.is(layout.answer({ kind: "blob", repository, digest })?.state, "present");
  assert.is(layout.at, "1970-01-01T00:00:00.000Z");
});

test("a file that must be small is not read when it is not", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "12345");
  const source = new FolderSource(folder);
  assert.is(readSmall(source, "file", 5)?.toString(), "12345");
  assert.is(readSmall(source, "none", 5), undefined);
  throwsCode("over-limit", () => readSmall(source, "file", 4));
});

test.run();
