import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import * as assert from "uvu/assert";
import { addLayout } from "../../../proxy/archive/add-layout.ts";
import type { Digest } from "../../../core/crypto/digest.ts";
import { openMirror } from "../../../proxy/mirror/open-mirror.ts";
import { throwsCode } from "../../support/assert.ts";
import { goldenRegistryFolder } from "../../support/images.ts";
import { LayoutFolder, refName } from "../../support/layout-folder.ts";
import { skipped } from "../../support/vectors.ts";
import { origin, reading, temporaryFolder, writtenMirror } from "../../support/temporary-mirror.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("proxy/archive/add-layout");
const repository = "ghcr.io/org/app";
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** A signed image: one layer, a signature tag, and a bundle that no index names. */
function signedImage() {
  const folder = new LayoutFolder(temporaryFolder());
  const layer = folder.blob("layer", layerType);
  const image = folder.add(folder.manifest({ layers: [layer] }), { [refName]: "1.4" });
  const payload = folder.blob("payload", layerType);
  const signatures = folder.add(folder.manifest({ layers: [payload] }), {
    [refName]: `sha256-${image.digest.slice(7)}.sig`,
  });
  const bundleBlob = folder.blob('{"verificationMaterial":{}}', bundleType);
  const bundle = folder.manifest({
    artifactType: bundleType,
    subject: image,
    layers: [bundleBlob],
    annotations: { "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1" },
  });
  return { folder, layer, image, payload, signatures, bundle, bundleBlob };
}

test("everything but image layers comes in, and answers as the layout does", () => {
  const { folder, layer, image, payload, signatures, bundle, bundleBlob } = signedImage();
  const path = writtenMirror((mirror) => {
    const added = addLayout(mirror, folder.write(), { repository, at: origin.at, from: "usb stick" });
    const { unread, otherTypes, ...counts } = added;
    assert.equal(unread.map(({ subject }) => subject).sort(), [bundle.digest, payload.digest].sort());
    assert.is(otherTypes.size, 0);
    assert.equal(counts, {
      images: [{ repository, tag: "1.4", digest: image.digest }],
      tags: 2,
      manifests: 3,
      blobs: 3,
      referrers: 1,
      layers: 0,
      layersLeftOut: 1,
      missing: [],
      skipped: [],
      plainBlobs: [],
      complete: [],
      withheld: [],
      ended: [],
    });
  });
  reading(path, (mirror) => {
    const knowledge = mirror.knowledge();
    assert.equal(knowledge.answer({ kind: "tag", repository, tag: "1.4" }), {
      state: "present",
      value: { mediaType: image.mediaType, digest: image.digest, size: image.size },
      at: origin.at,
      from: "usb stick",
    });
    for (const { digest } of [image, signatures, bundle])
      assert.is(knowledge.answer({ kind: "manifest", repository, digest })?.state, "present");
    // A layer of signed material is kept whatever media type it claims.
    for (const { digest } of [payload, bundleBlob])
      assert.is(knowledge.answer({ kind: "blob", repository, digest })?.state, "present");
    assert.is(knowledge.answer({ kind: "blob", repository, digest: layer.digest }), undefined);
    const referrers = knowledge.answer({ kind: "referrers", repository, digest: image.digest });
    assert.is(referrers?.state === "present" && referrers.value[0]?.artifactType, bundleType);
    assert.is(knowledge.answer({ kind: "tag", repository, tag: `sha256-${image.digest.slice(7)}.att` }), undefined);
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
  });
});

test("adding twice changes nothing", () => {
  const { folder } = signedImage();
  writtenMirror((mirror) => {
    addLayout(mirror, folder.write(), { repository });
    const before = mirror.contentId();
    assert.is(addLayout(mirror, folder.path, { repository }).referrers, 0);
    assert.is(mirror.contentId(), before);
  });
});

test("complete: absence is then known", () => {
  const { folder, image } = signedImage();
  for (const [complete, scope] of [
    ["image", `${repository}@${image.digest}`],
    ["repository", repository],
    ["host", "ghcr.io"],
    [["ghcr.io"], "ghcr.io"],
  ] as const) {
    const path = writtenMirror((mirror) =>
      assert.equal(
        addLayout(mirror, folder.write(), { repository, complete }).complete.map((claim) => claim.scope),
        [scope],
      ),
    );
    reading(path, (mirror) =>
      assert.is(
        mirror.knowledge().answer({ kind: "tag", repository, tag: `sha256-${image.digest.slice(7)}.att` })?.state,
        "absent",
      ),
    );
  }
});

test("referrers that were known stay known", () => {
  const { folder, image, bundle } = signedImage();
  const known = { mediaType: "a/b", digest: `sha256:${"1".repeat(64)}`, size: 1 } as const;
  writtenMirror((mirror) => {
    mirror
      .writer()
      .setAnswer(
        { kind: "referrers", repository, digest: image.digest },
        { state: "present", value: [known], ...origin },
      );
    addLayout(mirror, folder.write(), { repository });
    const answer = mirror.knowledge().answer({ kind: "referrers", repository, digest: image.digest });
    assert.equal(answer?.state === "present" && answer.value.map(({ digest }) => digest), [
      known.digest,
      bundle.digest,
    ]);
  });
});

test("image layers are copied where they are asked for, with their digest checked", () => {
  const { folder, layer } = signedImage();
  const path = writtenMirror((mirror) => {
    assert.is(addLayout(mirror, folder.write(), { repository, layers: true }).layers, 1);
    assert.is(readFileSync(mirror.layers.path(layer.digest), "utf8"), "layer");
    assert.is(mirror.layers.size(layer.digest), 5);
  });
  rmSync(folder.file(layer.digest));
  writtenMirror(
    (mirror) => assert.is(addLayout(mirror, folder.path, { repository, layers: true }).layersLeftOut, 1),
    path,
  );
  writeFileSync(folder.file(layer.digest), "other");
  writtenMirror((mirror) => {
    throwsCode("archive-corrupt", () => addLayout(mirror, folder.path, { repository, layers: true }));
    assert.not(existsSync(mirror.layers.path(layer.digest)));
    assert.is(mirror.inspect(nodeVerifier).answers, 0);
  });
});

test("damage to any file, and the mirror is as before", () => {
  const { folder, image, payload, signatures, bundle, bundleBlob } = signedImage();
  folder.write();
  for (const { digest } of [image, payload, signatures, bundle, bundleBlob]) {
    const bytes = readFileSync(folder.file(digest));
    const changed = Buffer.from(bytes);
    changed[3] = (changed[3] as number) ^ 1;
    writeFileSync(folder.file(digest), changed);
    writtenMirror((mirror) => {
      const empty = mirror.contentId();
      assert.is(throwsCode("archive-corrupt", () => addLayout(mirror, folder.path, { repository })).subject, digest);
      assert.is(mirror.contentId(), empty);
      assert.equal(mirror.inspect(nodeVerifier), { answers: 0, blobs: 0, layers: 0, damage: [], damaged: 0 });
    });
    writeFileSync(folder.file(digest), bytes);
  }
});

test("what is missing is said and stays a question; a missing manifest contradicts completeness", () => {
  const { folder, payload } = signedImage();
  folder.write();
  rmSync(folder.file(payload.digest));
  writtenMirror((mirror) => {
    assert.equal(addLayout(mirror, folder.path, { repository, complete: "repository" }).missing, [payload.digest]);
    assert.is(mirror.knowledge().answer({ kind: "blob", repository, digest: payload.digest }), undefined);
  });
  const sparse = { mediaType: "a/b", digest: `sha256:${"3".repeat(64)}`, size: 1 } as const;
  folder.add(folder.blob(JSON.stringify({ manifests: [sparse] })), { [refName]: "multi" });
  folder.write();
  writtenMirror((mirror) => {
    throwsCode("archive-incomplete", () => addLayout(mirror, folder.path, { repository, complete: "repository" }));
    assert.is(mirror.inspect(nodeVerifier).answers, 0);
    assert.equal(
      new Set(addLayout(mirror, folder.path, { repository }).missing),
      new Set([payload.digest, sparse.digest]),
    );
  });
});

test("a reader adds nothing, and a folder that is no layout neither", () => {
  const { folder } = signedImage();
  const path = writtenMirror((mirror) => void throwsCode("invalid-usage", () => addLayout(mirror, temporaryFolder())));
  reading(path, (mirror) => throwsCode("invalid-usage", () => addLayout(mirror, folder.write(), { repository })));
});

const golden = goldenRegistryFolder();
if (golden === undefined) skipped("proxy/archive/add-layout", 1, "SALLYPORT_GOLDEN is not set");
else {
  test("the golden registry, complete", () => {
    const mirror = openMirror(temporaryFolder(), { mode: "write", limits: defaultLimits });
    const added = addLayout(mirror, golden, { complete: "repository" });
    // Configurations of foreign images were left out with their layers.
    assert.is(added.missing.length, 6);
    assert.ok(
      added.manifests > 600 && added.referrers > 150 && added.layersLeftOut > 0,
      JSON.stringify({ ...added, images: added.images.length }),
    );
    assert.is(
      mirror.knowledge().answer({ kind: "tag", repository: "localhost:5000/demo/app", tag: "no-such-tag" })?.state,
      "absent",
    );
    assert.ok(mirror.list().length >= added.images.length);
    assert.equal(mirror.inspect(nodeVerifier).damage, []);
    mirror.close();
  });
}

for (const [what, change] of [
  ["cut off", (bytes: Buffer) => bytes.subarray(0, -1)],
  ["empty", () => Buffer.alloc(0)],
  ["longer", (bytes: Buffer) => Buffer.concat([bytes, Buffer.from(" ")])],
] as const)
  test(`a signature's layer that is ${what} is damage, with and without a claim: nothing is added`, () => {
    const { folder, image, payload } = signedImage();
    const layout = folder.write();
    writeFileSync(folder.file(payload.digest), change(readFileSync(folder.file(payload.digest))));
    for (const complete of [undefined, "image"] as const) {
      const path = writtenMirror((mirror) => {
        throwsCode("archive-corrupt", () =>
          addLayout(mirror, layout, { repository, ...(complete === undefined ? {} : { complete }) }),
        );
      });
      reading(path, (mirror) => {
        assert.is(mirror.knowledge().answer({ kind: "manifest", repository, digest: image.digest }), undefined);
        assert.equal(mirror.knowledge().allClaims(), []);
      });
    }
  });

test("nothing is claimed of an image whose signature's layer is missing; of another image it is", () => {
  const { folder, image, payload } = signedImage();
  const other = folder.add(folder.manifest({ annotations: { an: "other" } }), { [refName]: "2" });
  const layout = folder.write();
  rmSync(folder.file(payload.digest));
  const path = writtenMirror((mirror) => {
    const { missing, complete, withheld } = addLayout(mirror, layout, { repository, complete: "image" });
    const scopes = (claims: typeof complete) => claims.map(({ scope }) => scope);
    assert.equal(missing, [payload.digest]);
    assert.equal(scopes(withheld), [`${repository}@${image.digest}`]);
    assert.equal(scopes(complete), [`${repository}@${other.digest}`]);
  });
  reading(path, (mirror) => {
    const list = (digest: Digest) =>
      mirror.knowledge().answer({ kind: "tag", repository, tag: `sha256-${digest.slice(7)}.att` });
    assert.is(list(image.digest), undefined);
    assert.is(list(other.digest)?.state, "absent");
  });
  for (const grain of ["repository", "host"] as const)
    writtenMirror((mirror) => {
      const { complete, withheld } = addLayout(mirror, layout, { repository, complete: grain });
      assert.equal([complete.length, withheld.length], [0, 1], grain);
    });
});

test.run();
