/** Layouts that other tools wrote: registries, cosign, oc-mirror. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  connaisseurImages,
  goldenRegistry,
  ocMirrorImages,
  slsaContainer,
  slsaVersions,
} from "../../support/images.ts";
import { digestOfTag } from "../../support/layout-to-open.ts";
import { skipped } from "../../support/vectors.ts";

const test = suite("proxy/archive/real-layouts");

const registry = goldenRegistry();
if (registry === undefined) skipped("proxy/archive/real-layouts", 1, "SALLYPORT_GOLDEN is not set");
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
  if (image === undefined) skipped("proxy/archive/real-layouts", 1, "SALLYPORT_VECTORS is not set");
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
if (connaisseur === undefined) skipped("proxy/archive/real-layouts", 2, "SALLYPORT_VECTORS is not set");
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
