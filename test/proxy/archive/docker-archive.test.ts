import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { addLayout } from "../../../proxy/archive/add-layout.ts";
import { openDockerArchive } from "../../../proxy/archive/docker-archive.ts";
import { FolderSource } from "../../../proxy/archive/layout-source.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { openLayoutSource } from "../../../proxy/archive/open-source.ts";
import { throwsCode } from "../../support/assert.ts";
import { carried, carriedFolder } from "../../support/carried.ts";
import { temporaryFolder, temporaryMirror } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/docker-archive");
const limits = defaultLimits;
const open = (folder: string) => openDockerArchive(new FolderSource(folder), limits);
const list = (folder: string) => join(folder, "manifest.json");
const skopeo = () => carriedFolder("skopeo-docker-archive.tar.gz");
const change = (folder: string, edit: (images: Record<string, unknown>[]) => unknown): string => {
  const images = JSON.parse(readFileSync(list(folder), "utf8"));
  writeFileSync(list(folder), JSON.stringify(edit(images) ?? images));
  return folder;
};

test("what skopeo and crane write are images of the names in them, with digests that are made here", async () => {
  const digests: string[] = [];
  for (const name of ["skopeo-docker-archive.tar.gz", "crane.tar"]) {
    const source = await openLayoutSource(carried(name), limits);
    const mirror = temporaryMirror();
    const added = addLayout(mirror, source, { layers: true });
    assert.equal([added.images.length, added.layers, added.missing, added.skipped], [1, 1, [], []]);
    assert.match(added.images[0]?.repository ?? "", "shop/app");
    digests.push(added.images[0]?.digest ?? "");
    const again = openLayout(await openLayoutSource(carried(name), limits), { limits });
    assert.is(again.images()[0]?.digest, added.images[0]?.digest, "the same in each reading");
    source.close();
    mirror.close();
  }
  assert.is(new Set(digests).size, 2, "crane keeps the layer as it was compressed");
});

test("nothing signed is about it, so it is never said to be complete", async () => {
  const source = await openLayoutSource(carried("crane.tar"), limits);
  const mirror = temporaryMirror();
  throwsCode("invalid-usage", () => addLayout(mirror, source, { complete: "image" }));
});

test("what a registry says a tag is stays so", async () => {
  const mirror = temporaryMirror();
  const question = { kind: "tag", repository: "registry.example/shop/app", tag: "1" } as const;
  const value = { mediaType: "a/b", digest: `sha256:${"0".repeat(64)}`, size: 1 } as const;
  const from = { at: "2026-01-01T00:00:00Z", from: "registry.example" };
  mirror.writer().setAnswer(question, { state: "present", value, ...from });
  for (const name of ["skopeo-docker-archive.tar.gz", "docker-save.tar.gz"]) {
    const source = await openLayoutSource(carried(name), limits);
    assert.is(addLayout(mirror, source).skipped.length, 1);
    const held = mirror.knowledge().answer(question);
    assert.is(held?.state === "present" ? held.value.digest : "", value.digest);
    source.close();
  }
});

test("a configuration or a layer of another digest, or one that is not there, is damage", () => {
  const refuse = (folder: string) => throwsCode("archive-corrupt", () => open(folder));
  const config = (folder: string): string => JSON.parse(readFileSync(list(folder), "utf8"))[0].Config;
  const layer = (folder: string): string => JSON.parse(readFileSync(list(folder), "utf8"))[0].Layers[0];
  const edited = (path: (folder: string) => string, edit: (file: string) => void): string => {
    const folder = skopeo();
    edit(join(folder, path(folder)));
    return folder;
  };
  refuse(edited(config, (file) => writeFileSync(file, `${readFileSync(file, "utf8")} `)));
  refuse(edited(layer, (file) => writeFileSync(file, Buffer.alloc(1024))));
  refuse(edited(config, rmSync));
  refuse(edited(layer, rmSync));
  refuse(change(skopeo(), (images) => images.map((image) => ({ ...image, Layers: [] }))));
  refuse(change(skopeo(), (images) => images.map((image) => ({ ...image, Config: 1 }))));
  refuse(change(skopeo(), () => ({})));
  const crane = temporaryFolder();
  const blob = "0".repeat(64);
  writeFileSync(join(crane, `${blob}.tar.gz`), Buffer.from("1f8b0800", "hex"));
  writeFileSync(join(crane, "config"), JSON.stringify({ rootfs: { diff_ids: ["sha256:1"] } }));
  writeFileSync(list(crane), JSON.stringify([{ Config: "config", RepoTags: ["app:1"], Layers: [`${blob}.tar.gz`] }]));
  refuse(crane);
});

test("a path out of the folder is refused, and so is a list that is too long", () => {
  const outside = temporaryFolder();
  writeFileSync(join(outside, "config"), "{}");
  for (const path of ["../config", join(outside, "config")])
    throwsCode("archive-corrupt", () =>
      open(change(skopeo(), (images) => images.map((i) => ({ ...i, Config: path })))),
    );
  const many = change(skopeo(), ([image]) => Array.from({ length: 3 }, () => image));
  throwsCode("over-limit", () => openDockerArchive(new FolderSource(many), { ...limits, layoutEntries: 2 }));
  throwsCode("over-limit", () => openDockerArchive(new FolderSource(skopeo()), { ...limits, layersPerManifest: 0 }));
});

test("an image without a name has none", () => {
  const folder = change(skopeo(), (images) => images.map((image) => ({ ...image, RepoTags: null })));
  throwsCode("invalid-usage", () => openLayout(open(folder), { limits }));
  mkdirSync(join(folder, "empty"));
  const layout = openLayout(open(folder), { repository: "registry.example/shop/app", tag: "1", limits });
  assert.is(layout.images().length, 1);
});

test.run();
