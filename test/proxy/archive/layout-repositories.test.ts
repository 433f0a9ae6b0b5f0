import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { LayoutFiles } from "../../../proxy/archive/layout-files.ts";
import type { NamedEntry } from "../../../proxy/archive/layout-names.ts";
import { buildRepositories, ManifestReader } from "../../../proxy/archive/layout-repositories.ts";
import { type LayoutEntry, LayoutFolder } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/layout-repositories");

const build = (folder: LayoutFolder, entries: readonly (readonly [string, LayoutEntry])[]) => {
  const manifests = new ManifestReader(new LayoutFiles(folder.path, defaultLimits), defaultLimits);
  const referrers = manifests.referrers();
  const named = entries.map(([repository, descriptor]): NamedEntry => ({ repository, descriptor, role: "other" }));
  return { repositories: buildRepositories(named, referrers, manifests), referrers, problems: manifests.problems };
};

test("a manifest brings its children and their blobs, here or not", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const layer = folder.blob("layer");
  const child = folder.manifest({ layers: [layer] });
  const gone = { mediaType: "a/b", digest: `sha256:${"0".repeat(64)}`, size: 1 } as const;
  const index = folder.blob(JSON.stringify({ manifests: [child, gone] }));
  const { repositories } = build(folder, [["r/a", index]]);
  const found = repositories.get("r/a");
  assert.equal([...(found?.manifests.keys() ?? [])].sort(), [index.digest, child.digest, gone.digest].sort());
  assert.is(found?.manifests.get(gone.digest), undefined);
  assert.ok(found?.blobs.has(layer.digest));
});

test("a chain of referrers is followed in any order of files, and one without a home is left", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.manifest();
  const chain = [image];
  for (let length = 0; length < 12; length++)
    chain.push(folder.manifest({ subject: chain.at(-1), artifactType: "a/b" }));
  const homeless = folder.manifest({ subject: { mediaType: "a/b", digest: `sha256:${"0".repeat(64)}`, size: 1 } });
  const { repositories, referrers } = build(folder, [["r/a", image]]);
  assert.is(referrers.length, 13);
  assert.is(repositories.get("r/a")?.referrers.size, 12);
  assert.not(repositories.get("r/a")?.manifests.has(homeless.digest));
});

test("what does not read is noted once and holds nothing", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const broken = folder.blob('{"layers":[{}]}');
  const { repositories, problems } = build(folder, [["r/a", broken]]);
  assert.is(problems.get(broken.digest)?.code, "malformed");
  assert.is(repositories.get("r/a")?.manifests.get(broken.digest), undefined);
});

test.run();
