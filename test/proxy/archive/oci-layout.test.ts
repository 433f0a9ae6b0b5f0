import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../../core/limits.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { type LayoutOptions, openLayout } from "../../../proxy/archive/oci-layout.ts";
import { throwsCode } from "../../support/assert.ts";
import {
  connaisseurImages,
  goldenRegistry,
  ocMirrorImages,
  slsaContainer,
  slsaVersions,
} from "../../support/images.ts";
import { LayoutFolder, manifestType, refName } from "../../support/layout-folder.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("proxy/archive/oci-layout");
const root = mkdtempSync(join(tmpdir(), "sallyport-layout-"));
test.after(() => rmSync(root, { recursive: true, force: true }));

const repository = "ghcr.io/org/app";
/** A layout folder that can be opened as it stands. */
class Folder extends LayoutFolder {
  constructor() {
    super(mkdtempSync(join(root, "l-")));
  }

  open(options: LayoutOptions = {}) {
    return openLayout(this.write(), options);
  }
}

const digestOfTag = (knowledge: Knowledge, tag: string, from = repository): Digest | undefined => {
  const answer = knowledge.answer({ kind: "tag", repository: from, tag });
  return answer?.state === "present" ? answer.value.digest : undefined;
};
const referrersOf = (knowledge: Knowledge, digest: Digest, from = repository): readonly Digest[] | undefined => {
  const answer = knowledge.answer({ kind: "referrers", repository: from, digest });
  return answer?.state === "present" ? answer.value.map((descriptor) => descriptor.digest) : undefined;
};

test("skopeo and oras: a plain tag belongs to the given repository", () => {
  const folder = new Folder();
  const image = folder.add(folder.manifest(), { [refName]: "1.4" });
  const layout = folder.open({ repository, at: "2026-01-01T00:00:00Z" });
  assert.equal(layout.images(), [{ repository, tag: "1.4", digest: image.digest }]);
  assert.equal(layout.answer({ kind: "tag", repository, tag: "1.4" }), {
    state: "present",
    value: { mediaType: manifestType, digest: image.digest, size: image.size },
    at: "2026-01-01T00:00:00Z",
    from: `layout ${folder.path}`,
  });
  assert.is(layout.answer({ kind: "manifest", repository, digest: image.digest })?.state, "present");
  assert.is(layout.answer({ kind: "tag", repository, tag: "1.5" }), undefined);
  throwsCode("invalid-usage", () => folder.open());
  throwsCode("invalid-reference", () => folder.open({ repository: "ghcr.io/org/app:1" }));
  throwsCode("invalid-reference", () => folder.open({ repository: "Bad Name" }));
});

test("whole references name repositories of their own, in any spelling", () => {
  const folder = new Folder();
  const one = folder.add(folder.manifest({ annotations: { n: "1" } }), { [refName]: "docker.io/library/nginx:1" });
  const two = folder.add(folder.manifest({ annotations: { n: "2" } }), {
    [refName]: "2",
    "io.containerd.image.name": "quay.io/a/b:2",
  });
  const three = folder.manifest({ annotations: { n: "3" } });
  folder.add(three, { [refName]: `localhost:5000/c@${three.digest}` });
  const layout = folder.open();
  assert.is(digestOfTag(layout, "1", "index.docker.io/nginx"), one.digest);
  assert.is(digestOfTag(layout, "2", "quay.io/a/b"), two.digest);
  assert.is(
    layout.answer({ kind: "manifest", repository: "localhost:5000/c", digest: three.digest })?.state,
    "present",
  );
  assert.is(layout.answer({ kind: "manifest", repository: "quay.io/a/b", digest: three.digest }), undefined);
});

test("a name with another digest than its entry is refused", () => {
  const folder = new Folder();
  folder.add(folder.manifest(), { [refName]: `localhost:5000/c@sha256:${"0".repeat(64)}` });
  throwsCode("archive-corrupt", () => folder.open());
});

test("cosign save: kinds become tags of the image, bundles are found among the blobs", () => {
  const folder = new Folder();
  const image = folder.add(folder.manifest({ annotations: { the: "image" } }), {
    kind: "dev.cosignproject.cosign/image",
  });
  const signatures = folder.add(folder.manifest({ layers: [folder.blob("payload")] }), {
    kind: "dev.cosignproject.cosign/sigs",
  });
  const attestations = folder.add(folder.manifest({ annotations: { the: "attestations" } }), {
    kind: "dev.cosignproject.cosign/atts",
  });
  const bundle = folder.manifest({
    artifactType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    subject: image,
    layers: [folder.blob("bundle")],
    annotations: { a: "b" },
  });
  const onBundle = folder.manifest({ artifactType: "x/y", subject: bundle });
  folder.blob('{"config":{"Env":[]},"subject":"an image configuration, not a manifest"}');
  const layout = folder.open({ repository, tag: "v1" });
  const hex = image.digest.slice(7);
  assert.is(digestOfTag(layout, "v1"), image.digest);
  assert.is(digestOfTag(layout, `sha256-${hex}.sig`), signatures.digest);
  assert.is(digestOfTag(layout, `sha256-${hex}.att`), attestations.digest);
  assert.equal(referrersOf(layout, image.digest), [bundle.digest]);
  assert.equal(referrersOf(layout, bundle.digest), [onBundle.digest]);
  assert.equal(layout.images(), [{ repository, tag: "v1", digest: image.digest }]);
  assert.is(layout.problems.size, 0);
});

test("cosign save: the index wins, and two images are refused", () => {
  const folder = new Folder();
  folder.add(folder.manifest(), { kind: "dev.cosignproject.cosign/image" });
  const index = folder.add(folder.blob(JSON.stringify({ manifests: [] }), "application/vnd.oci.image.index.v1+json"), {
    kind: "dev.cosignproject.cosign/imageIndex",
  });
  const signatures = folder.add(folder.manifest({ annotations: { s: "" } }), { kind: "dev.cosignproject.cosign/sigs" });
  const layout = folder.open({ repository });
  assert.is(digestOfTag(layout, `sha256-${index.digest.slice(7)}.sig`), signatures.digest);
  folder.add(index, { kind: "dev.cosignproject.cosign/imageIndex", other: "one" });
  throwsCode("archive-corrupt", () => folder.open({ repository }));
});

test("a tag is given to the one image without a name, never to one of several", () => {
  const folder = new Folder();
  const image = folder.add(folder.manifest());
  folder.add(folder.manifest({ subject: image }));
  assert.is(digestOfTag(folder.open({ repository, tag: "v1" }), "v1"), image.digest);
  throwsCode("invalid-reference", () => folder.open({ repository, tag: "a/b" }));
  folder.add(folder.manifest({ annotations: { second: "image" } }));
  throwsCode("invalid-usage", () => folder.open({ repository, tag: "v1" }));
  assert.is(folder.open({ repository }).images().length, 0);
});

test("a second tag for the only named image", () => {
  const folder = new Folder();
  const image = folder.add(folder.manifest(), { [refName]: "1.4" });
  const layout = folder.open({ repository, tag: "stable" });
  assert.is(digestOfTag(layout, "1.4"), image.digest);
  assert.is(digestOfTag(layout, "stable"), image.digest);
});

test("the index behind a fallback tag adds what has no subject here", () => {
  const folder = new Folder();
  const image = folder.add(folder.manifest(), { [refName]: "localhost:5001/app:1" });
  const referrer = folder.manifest({ subject: image });
  const sparse = { mediaType: manifestType, digest: `sha256:${"1".repeat(64)}`, size: 5, artifactType: "a/b" };
  folder.add(folder.blob(JSON.stringify({ manifests: [referrer, sparse] })), {
    [refName]: `localhost:5001/app:sha256-${image.digest.slice(7)}`,
  });
  const layout = folder.open({ complete: true });
  assert.equal(referrersOf(layout, image.digest, "localhost:5001/app"), [referrer.digest, sparse.digest]);
  assert.is(
    layout.answer({ kind: "manifest", repository: "localhost:5001/app", digest: sparse.digest as Digest }),
    undefined,
    "named and left out: never asked",
  );
});

test("referrers stay in the repository that names them", () => {
  const folder = new Folder();
  const image = folder.manifest();
  folder.add(image, { [refName]: "localhost:5000/one:1" });
  folder.add(image, { [refName]: "localhost:5000/two:1" });
  const named = folder.manifest({ subject: image, annotations: { named: "in one" } });
  folder.add(named, { [refName]: `localhost:5000/one@${named.digest}` });
  const unnamed = folder.manifest({ subject: image, annotations: { named: "nowhere" } });
  const layout = folder.open();
  assert.equal(
    new Set(referrersOf(layout, image.digest, "localhost:5000/one")),
    new Set([named.digest, unnamed.digest]),
  );
  assert.equal(referrersOf(layout, image.digest, "localhost:5000/two"), [unnamed.digest]);
});

test("sparse: what is left out was never asked; complete: what is not named is absent", () => {
  const folder = new Folder();
  const layer = {
    mediaType: "application/vnd.oci.image.layer.v1.tar+gzip",
    digest: `sha256:${"2".repeat(64)}` as const,
    size: 5,
  };
  const image = folder.add(folder.manifest({ layers: [layer] }), { [refName]: `${repository}:1` });
  const open = folder.open();
  const unknown = { kind: "tag", repository, tag: `sha256-${image.digest.slice(7)}.sig` } as const;
  assert.is(open.answer({ kind: "blob", repository, digest: layer.digest }), undefined);
  assert.is(open.answer(unknown), undefined);
  assert.is(open.answer({ kind: "referrers", repository, digest: image.digest }), undefined);
  for (const complete of [true, ["ghcr.io"], [repository]]) {
    const whole = folder.open({ complete });
    assert.is(whole.answer(unknown)?.state, "absent");
    assert.is(whole.answer({ kind: "referrers", repository, digest: image.digest })?.state, "absent");
    assert.is(whole.answer({ kind: "manifest", repository, digest: layer.digest })?.state, "absent");
    assert.is(whole.answer({ kind: "blob", repository, digest: layer.digest }), undefined);
    assert.is(whole.answer({ ...unknown, repository: "quay.io/org/app" }), undefined);
  }
  assert.is(open.answer({ kind: "key", reference: "k8s://a/b" }), undefined);
});

test("a changed blob is refused on every read, whatever its kind, and the rest still reads", () => {
  const folder = new Folder();
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
  const folder = new Folder();
  const big = folder.blob(`{"layers":[],"x":"${"x".repeat(defaultLimits.manifestBytes)}"}`);
  folder.add(big, { [refName]: `${repository}:1` });
  const layout = folder.open();
  throwsCode("over-limit", () => layout.answer({ kind: "manifest", repository, digest: big.digest }));
  assert.is(layout.problems.get(big.digest)?.code, "over-limit");
  const small = new Folder();
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
  throwsCode("invalid-usage", () => openLayout(join(root, "nowhere")));
  const folder = new Folder();
  folder.open({ repository });
  writeFileSync(join(folder.path, "oci-layout"), '{"imageLayoutVersion":"2.0.0"}');
  throwsCode("unsupported", () => openLayout(folder.path));
  for (const marker of ["", "{}", "[]", '{"imageLayoutVersion":1}']) {
    writeFileSync(join(folder.path, "oci-layout"), marker);
    throwsCode("archive-corrupt", () => openLayout(folder.path));
  }
  for (const index of [
    "",
    "{",
    '{"manifests":{}}',
    '{"manifests":[{}]}',
    '{"manifests":[{"digest":"sha256:../../../../etc/passwd","size":1}]}',
    '{"manifests":[],"manifests":[]}',
  ]) {
    const hostile = new Folder();
    writeFileSync(join(hostile.path, "index.json"), index);
    throwsCode("archive-corrupt", () => openLayout(hostile.path));
  }
  const odd = new Folder();
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
  throwsCode("archive-corrupt", () => {
    const named = new Folder();
    named.add(named.manifest(), { [refName]: "Bad/../Name" });
    named.open();
  });
});

const registry = goldenRegistry();
if (registry === undefined) skipped("proxy/archive/oci-layout", 1, "SALLYPORT_GOLDEN is not set");
else {
  test("golden registry: every entry reads, referrers agree with the fallback tags", () => {
    assert.is(registry.problems.size, 0);
    assert.ok(registry.images().length > 200, `${registry.images().length} images`);
    for (const { repository: from, tag = "", digest } of registry.images()) {
      assert.is(digestOfTag(registry, tag, from), digest);
      assert.is(registry.answer({ kind: "manifest", repository: from, digest })?.state, "present");
    }
    assert.is(
      registry.answer({ kind: "tag", repository: "localhost:5000/demo/app", tag: "no-such-tag" })?.state,
      "absent",
    );
    assert.is(registry.answer({ kind: "tag", repository: "quay.io/demo/app", tag: "x" }), undefined);
    const referrers = [...registry.repositories.values()].reduce((sum, { referrers: lists }) => sum + lists.size, 0);
    assert.ok(referrers > 50, `${referrers} subjects`);
  });
}

const slsa = slsaVersions.map((version) => [version, slsaContainer(version)] as const);
for (const [version, image] of slsa) {
  if (image === undefined) skipped("proxy/archive/oci-layout", 1, "SALLYPORT_VECTORS is not set");
  else {
    test(`slsa ${version}: image and attestations of cosign save`, () => {
      const tag = `${image.digest.replace(":", "-")}.att`;
      const attestations = digestOfTag(image.knowledge, tag, image.repository);
      assert.ok(attestations);
      assert.is(
        image.knowledge.answer({ kind: "manifest", repository: image.repository, digest: attestations })?.state,
        "present",
      );
      assert.is(digestOfTag(image.knowledge, tag.replace(".att", ".sig"), image.repository), undefined);
    });
  }
}

const ocMirror = ocMirrorImages();
const connaisseur = connaisseurImages();
if (connaisseur === undefined) skipped("proxy/archive/oci-layout", 2, "SALLYPORT_VECTORS is not set");
else {
  test("oc-mirror: an image and its signatures are layouts of their own", () => {
    assert.is(ocMirror.length, 2);
    for (const { knowledge, digest, repository: from } of ocMirror)
      assert.ok(digestOfTag(knowledge, `${digest.replace(":", "-")}.sig`, from));
  });

  test("connaisseur: manifests and blobs by name", () => {
    assert.is(connaisseur.images.length, 3);
    for (const { knowledge, digest, repository: from } of connaisseur.images)
      assert.ok(digestOfTag(knowledge, `${digest.replace(":", "-")}.sig`, from));
  });
}

test.run();
