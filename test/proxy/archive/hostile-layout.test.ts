/** Layouts that are damaged, too large, or made to mislead: each fault is found, and the rest is read. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { openLayout } from "../../../proxy/archive/oci-layout.ts";
import { throwsCode } from "../../support/assert.ts";
import { manifestType, refName } from "../../support/layout-folder.ts";
import { LayoutToOpen } from "../../support/layout-to-open.ts";
import { temporaryFolder } from "../../support/temporary-mirror.ts";

const test = suite("proxy/archive/hostile-layout");
const root = temporaryFolder();
const repository = "ghcr.io/org/app";

test("a changed blob is refused on every read, whatever its kind, and the rest still reads", () => {
  const folder = new LayoutToOpen();
  const layer = folder.blob("signature layer");
  const image = folder.add(folder.manifest({ layers: [layer] }), { [refName]: `${repository}:1` });
  const other = folder.add(folder.manifest({ annotations: { other: "" } }), { [refName]: `${repository}:2` });
  for (const damaged of [image, layer]) {
    const bytes = readFileSync(folder.file(damaged.digest));
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      writeFileSync(folder.file(damaged.digest), changed);
      const layout = folder.open();
      // When the manifest itself is damaged nothing else says that the layer belongs here.
      const kind = damaged === image ? "manifest" : "blob";
      assert.is(
        throwsCode("archive-corrupt", () => layout.answer({ kind, repository, digest: damaged.digest })).subject,
        damaged.digest,
      );
      assert.is(layout.answer({ kind: "manifest", repository, digest: other.digest })?.state, "present");
    }
    truncateSync(folder.file(damaged.digest), 3);
    throwsCode("archive-corrupt", () =>
      folder.open().answer({ kind: damaged === image ? "manifest" : "blob", repository, digest: damaged.digest }),
    );
    writeFileSync(folder.file(damaged.digest), bytes);
  }
});

test("a manifest or blob past its bound is over the limit", () => {
  const folder = new LayoutToOpen();
  const big = folder.blob(`{"layers":[],"x":"${"x".repeat(defaultLimits.manifestBytes)}"}`, manifestType);
  folder.add(big, { [refName]: `${repository}:1` });
  const layout = folder.open();
  throwsCode("over-limit", () => layout.answer({ kind: "manifest", repository, digest: big.digest }));
  assert.is(layout.problems.get(big.digest)?.code, "over-limit");
  const small = new LayoutToOpen();
  const blob = small.blob("0123456789");
  small.add(small.manifest({ layers: [blob] }), { [refName]: `${repository}:1` });
  throwsCode("over-limit", () =>
    small
      .open({ limits: { ...defaultLimits, blobBytes: 9 } })
      .answer({ kind: "blob", repository, digest: blob.digest }),
  );
  throwsCode("over-limit", () => small.open({ limits: { ...defaultLimits, layoutEntries: 0 } }));
  throwsCode("over-limit", () => small.open({ limits: { ...defaultLimits, layoutIndexBytes: 3 } }));
});

test("hostile folders: no layout, other versions, bad names, things that are no files", () => {
  throwsCode("invalid-usage", () => openLayout(join(root, "nowhere"), { limits: defaultLimits }));
  const folder = new LayoutToOpen();
  folder.open({ repository, limits: defaultLimits });
  writeFileSync(join(folder.path, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
  throwsCode("unsupported", () => openLayout(folder.path, { limits: defaultLimits }));
  for (const marker of ["", "{}", "[]", '{"imageLayoutVersion":1}']) {
    writeFileSync(join(folder.path, "oci-layout"), marker);
    throwsCode("archive-corrupt", () => openLayout(folder.path, { limits: defaultLimits }));
  }
  for (const index of ["", "{", '{"manifests":{}}', '{"manifests":[],"manifests":[]}']) {
    const hostile = new LayoutToOpen();
    writeFileSync(join(hostile.path, "index.json"), index);
    throwsCode("archive-corrupt", () => openLayout(hostile.path, { limits: defaultLimits }));
  }
  for (const index of ['{"manifests":[{}]}', '{"manifests":[{"digest":"sha256:../../../../etc/passwd","size":1}]}']) {
    const hostile = new LayoutToOpen();
    writeFileSync(join(hostile.path, "index.json"), index);
    assert.is(openLayout(hostile.path, { limits: defaultLimits }).skipped.length, 1);
  }
  const odd = new LayoutToOpen();
  const directory = odd.add(odd.manifest({ annotations: { a: "" } }), { [refName]: `${repository}:1` });
  const link = odd.add(odd.manifest({ annotations: { b: "" } }), { [refName]: `${repository}:2` });
  rmSync(odd.file(directory.digest));
  mkdirSync(odd.file(directory.digest));
  rmSync(odd.file(link.digest));
  symlinkSync("/etc/passwd", odd.file(link.digest));
  writeFileSync(join(odd.path, "blobs", "sha256", "not-a-digest"), "{}");
  const layout = odd.open();
  throwsCode("archive-corrupt", () => layout.answer({ kind: "manifest", repository, digest: directory.digest }));
  throwsCode("archive-corrupt", () => layout.answer({ kind: "manifest", repository, digest: link.digest }));
  const named = new LayoutToOpen();
  named.add(named.manifest(), { [refName]: "Bad/../Name" });
  assert.equal([named.open().images(), named.open().skipped.length], [[], 1]);
});

test("one odd entry is reported and skipped, and the rest is read", () => {
  const folder = new LayoutToOpen();
  const image = folder.add(folder.manifest(), { [refName]: `${repository}:1` });
  folder.add({ mediaType: manifestType, digest: `sha512:${"a".repeat(128)}` as Digest, size: 1 });
  folder.add(folder.manifest({ annotations: { n: "2" } }), { [refName]: "https://not.a/name" });
  folder.add(folder.blob("a chart", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"), { [refName]: "chart" });
  folder.add(folder.blob("{}", "application/json"), { [refName]: "document" });
  // An image whose media type is left out, or is a stranger's, is one by what it holds.
  const plain = folder.add({ ...folder.manifest({ annotations: { n: "3" } }), mediaType: "" }, { [refName]: "2" });
  const foreign = folder.add({ ...folder.manifest({ annotations: { n: "4" } }), mediaType: "a/b" }, { [refName]: "3" });
  const layout = folder.open({ repository, limits: defaultLimits });
  assert.equal(
    layout.images().map(({ tag, digest }) => [tag, digest]),
    [
      ["1", image.digest],
      ["2", plain.digest],
      ["3", foreign.digest],
    ],
  );
  assert.is(layout.skipped.length, 2);
  assert.is(layout.blobs.length, 2);
});

test("a size that is not the stated one is damage, found without reading", () => {
  for (const stated of [1, 1 << 30]) {
    const folder = new LayoutToOpen();
    const image = folder.manifest();
    const good = folder.add(folder.manifest({ annotations: { n: "2" } }), { [refName]: `${repository}:2` });
    folder.add({ ...image, size: stated }, { [refName]: `${repository}:1` });
    const child = folder.manifest({ annotations: { n: "3" } });
    folder.add(folder.blob(JSON.stringify({ manifests: [{ ...child, size: stated }] })), {
      [refName]: `${repository}:3`,
    });
    const layout = folder.open();
    for (const { digest } of [image, child]) {
      assert.is(layout.problems.get(digest)?.code, "archive-corrupt");
      throwsCode("archive-corrupt", () => layout.answer({ kind: "manifest", repository, digest }));
    }
    assert.is(layout.answer({ kind: "manifest", repository, digest: good.digest })?.state, "present");
  }
});

test("links out of the folder are refused, links inside are followed, and so is the folder itself", () => {
  const outside = new LayoutToOpen();
  const image = outside.add(outside.manifest(), { [refName]: `${repository}:1` });
  outside.write();
  const within = new LayoutToOpen();
  const other = within.add(within.manifest({ annotations: { n: "2" } }), { [refName]: `${repository}:2` });
  within.add(image, { [refName]: `${repository}:1` });
  renameSync(within.file(other.digest), join(within.path, "elsewhere"));
  symlinkSync("../../elsewhere", within.file(other.digest));
  symlinkSync(outside.file(image.digest), within.file(image.digest));
  const link = join(root, "link");
  symlinkSync(within.write(), link);
  for (const folder of [within.path, link]) {
    const layout = openLayout(folder, { limits: defaultLimits });
    assert.is(layout.answer({ kind: "manifest", repository, digest: other.digest })?.state, "present");
    throwsCode("archive-corrupt", () => layout.answer({ kind: "manifest", repository, digest: image.digest }));
  }
  rmSync(link);
  rmSync(within.file(image.digest));
  execFileSync("mkfifo", [within.file(image.digest)]);
  throwsCode("archive-corrupt", () =>
    openLayout(within.path, { limits: defaultLimits }).answer({ kind: "manifest", repository, digest: image.digest }),
  );
  rmSync(join(within.path, "index.json"));
  symlinkSync(join(outside.path, "index.json"), join(within.path, "index.json"));
  throwsCode("archive-corrupt", () => openLayout(within.path, { limits: defaultLimits }));
});

test.run();
