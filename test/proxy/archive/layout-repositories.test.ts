import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import { LayoutFiles } from "../../../proxy/archive/layout-files.ts";
import { buildRepositories, ManifestReader } from "../../../proxy/archive/layout-repositories.ts";
import { FolderSource } from "../../../proxy/archive/layout-source.ts";
import type { NamedEntry } from "../../../proxy/archive/name-entries.ts";
import { throwsCode } from "../../support/assert.ts";
import { type LayoutEntry, LayoutFolder } from "../../support/layout-folder.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/layout-repositories");

const build = (
  folder: LayoutFolder,
  entries: readonly (readonly [string, LayoutEntry, Partial<NamedEntry>?])[],
  limits = defaultLimits,
) => {
  const manifests = new ManifestReader(new LayoutFiles(new FolderSource(folder.path), limits), limits);
  const referrers = manifests.referrers();
  const named = entries.map(
    ([repository, descriptor, more = {}]): NamedEntry => ({ repository, descriptor, role: "other", ...more }),
  );
  return {
    repositories: buildRepositories(named, referrers, manifests, limits),
    referrers,
    problems: manifests.problems,
  };
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

test("one name for two contents is refused, signature tags too; one content twice is not", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const one = folder.manifest({ annotations: { n: "1" } });
  const two = folder.manifest({ annotations: { n: "2" } });
  const signatures = `sha256-${one.digest.slice(7)}.sig`;
  for (const tag of ["1.0", signatures]) {
    throwsCode("archive-corrupt", () =>
      build(folder, [
        ["r/a", one, { tag }],
        ["r/a", two, { tag }],
      ]),
    );
    const twice = build(folder, [
      ["r/a", one, { tag }],
      ["r/a", one, { tag }],
      ["r/b", two, { tag }],
    ]);
    assert.is(twice.repositories.get("r/a")?.tags.get(tag)?.digest, one.digest);
  }
  throwsCode("archive-corrupt", () =>
    build(folder, [
      ["r/a", one, { role: "image" }],
      ["r/a", two, { role: "signature" }],
      ["r/a", one, { tag: signatures }],
    ]),
  );
});

test("contents under many names are bounded, and one name for many contents is not", () => {
  const folder = new LayoutFolder(temporaryFolder());
  const image = folder.manifest();
  for (let count = 0; count < 20; count++) folder.manifest({ subject: image, annotations: { count: String(count) } });
  const limits = { ...defaultLimits, layoutRepeats: 100 };
  const names = (count: number) => Array.from({ length: count }, (_, index) => [`r/${index}`, image] as const);
  // Each further name repeats the image, its twenty referrers and the list of them.
  assert.is(build(folder, names(3), limits).repositories.size, 3);
  throwsCode("over-limit", () => build(folder, names(4), limits));
  // One fallback index behind the tags of many images.
  const listed = folder.blob(
    JSON.stringify({ manifests: Array.from({ length: 50 }, (_, n) => folder.blob(`{"n":${n}}`)) }),
  );
  const tags = (count: number) =>
    Array.from({ length: count }, (_, n) => ["r/a", listed, { tag: `sha256-${String(n).padStart(64, "0")}` }] as const);
  assert.is(build(folder, tags(3), limits).repositories.get("r/a")?.referrers.size, 3);
  throwsCode("over-limit", () => build(folder, tags(4), limits));
  const many = new LayoutFolder(temporaryFolder());
  const images = Array.from({ length: 300 }, (_, index) => many.manifest({ annotations: { n: String(index) } }));
  const { repositories } = build(
    many,
    images.map((entry, index) => ["r/a", entry, { tag: String(index) }] as const),
    limits,
  );
  assert.is(repositories.get("r/a")?.tags.size, 300);
});

test.run();
