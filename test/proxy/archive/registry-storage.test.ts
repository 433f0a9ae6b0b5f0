import { readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { addLayout } from "../../../proxy/archive/add-layout.ts";
import { FolderSource } from "../../../proxy/archive/layout-source.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { openRegistryStorage } from "../../../proxy/archive/registry-storage.ts";
import { rejectsCode, throwsCode } from "../../support/assert.ts";
import { carried, carriedDigest, carriedFolder } from "../../support/carried.ts";
import { temporaryFolder, temporaryMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/registry-storage");
const limits = defaultLimits;
const name = "mirror_000001.tar.gz";
const registry = "registry.corp:5000/ocp";
const repository = `${registry}/shop/app`;
const storage = "docker/registry/v2";
const blobPath = (digest: string) => `${storage}/blobs/sha256/${digest.slice(7, 9)}/${digest.slice(7)}/data`;
const open = (folder: string) => openRegistryStorage(new FolderSource(folder), registry, limits);

test("tags and signatures stand below the registry that was named, as an archive and as a folder", async () => {
  for (const source of [await openLayoutSource(carried(name), limits, registry), open(carriedFolder(name))]) {
    const mirror = temporaryMirror();
    const added = addLayout(mirror, source, { layers: true });
    const image = { repository, tag: "1", digest: carriedDigest };
    assert.equal([added.images, added.missing, added.skipped, added.layers], [[image], [], [], 1]);
    const signature = { kind: "tag", repository, tag: `${carriedDigest.replace(":", "-")}.sig` } as const;
    assert.is(mirror.knowledge().answer(signature)?.state, "present");
    assert.is(added.referrers, 1, "by the fallback tag");
    source.close();
    mirror.close();
  }
});

test("a registry has to be named, by its host", async () => {
  for (const wrong of [undefined, "ocp", "ocp/more"])
    await rejectsCode("invalid-usage", () => openLayoutSource(carried(name), limits, wrong));
  for (const right of ["localhost", "registry.corp", "registry:5000", "registry.corp/"])
    (await openLayoutSource(carried(name), limits, right)).close();
});

test("what an earlier archive brought may be left out, and what nobody brought is said", () => {
  const folder = carriedFolder(name);
  const later = carriedFolder(name);
  rmSync(join(later, blobPath(carriedDigest)));
  const mirror = temporaryMirror();
  const alone = addLayout(mirror, open(later));
  assert.ok(alone.skipped.some(({ subject }) => subject === `${repository}@${carriedDigest}`));
  addLayout(mirror, open(folder));
  assert.equal(addLayout(mirror, open(later)).skipped, []);
});

test("a blob that was changed and a link that holds no digest are damage", () => {
  const changed = carriedFolder(name);
  writeFileSync(join(changed, blobPath(carriedDigest)), "{}");
  throwsCode("archive-corrupt", () => addLayout(temporaryMirror(), open(changed)));
  const folder = carriedFolder(name);
  writeFileSync(join(folder, storage, "repositories/shop/app/_manifests/tags/1/current/link"), "sha256:short");
  throwsCode("archive-corrupt", () => open(folder));
});

test("links out of it are refused, and a circle of them ends", () => {
  const folder = carriedFolder(name);
  const outside = temporaryFolder();
  writeFileSync(join(outside, "data"), "{}");
  rmSync(join(folder, blobPath(carriedDigest)));
  symlinkSync(join(outside, "data"), join(folder, blobPath(carriedDigest)));
  throwsCode("archive-corrupt", () => open(folder));
  const circle = carriedFolder(name);
  symlinkSync(".", join(circle, storage, "repositories/again"));
  throwsCode(["over-limit", "archive-corrupt"], () => open(circle));
  const count = readdirSync(join(folder, storage, "blobs/sha256")).length;
  throwsCode("over-limit", () =>
    openRegistryStorage(new FolderSource(carriedFolder(name)), registry, { ...limits, layoutEntries: count }),
  );
});

test("an image that is kept under its own digest has no tag of that name", () => {
  const folder = carriedFolder(name);
  const tags = join(folder, storage, "repositories/shop/app/_manifests/tags");
  rmSync(join(tags, "1"), { recursive: true });
  writeFileSync(join(tags, `${carriedDigest.replace(":", "-")}`, "current/link"), carriedDigest);
  const layout = openLayout(open(folder), { limits });
  assert.equal(layout.images(), []);
  assert.ok(layout.repositories.get(repository)?.manifests.has(carriedDigest));
});

test.run();
