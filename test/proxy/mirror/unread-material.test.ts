import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Digest } from "../../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { findUnread } from "../../../proxy/mirror/unread-material.ts";
import { fixtureBundle } from "../../support/fixture-images.ts";

const test = suite("proxy/mirror/unread-material");
const repository = "ghcr.io/org/app";
const digest: Digest = `sha256:${"a".repeat(64)}`;
const image = `${repository}@${digest}`;
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const subject = { mediaType: "application/vnd.oci.image.manifest.v1+json", digest, size: 1 };
const signature = { "dev.cosignproject.cosign/signature": "AAEC" };

function world() {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const layer = (text: string, mediaType: string, annotations: object = {}, size = encodeUtf8(text).length) => ({
    mediaType,
    digest: knowledge.putBlob(repository, encodeUtf8(text)),
    size,
    annotations,
  });
  const manifest = (fields: object, tag?: string): Digest =>
    knowledge.putManifest(
      repository,
      encodeUtf8(
        JSON.stringify({
          schemaVersion: 2,
          config: { mediaType: "application/vnd.oci.empty.v1+json", digest: `sha256:${"e".repeat(64)}`, size: 2 },
          layers: [],
          ...fields,
        }),
      ),
      tag,
    );
  return { knowledge, layer, manifest };
}
const find = (knowledge: MemoryKnowledge, limits = defaultLimits) =>
  findUnread(knowledge, [{ repository, digest }], limits);

test("what reads is not named, and what is not here is no matter of this", () => {
  const { knowledge, layer, manifest } = world();
  manifest({ layers: [layer("x", "a/b", signature)] }, `sha256-${"a".repeat(64)}.sig`);
  manifest({ artifactType: bundleType, subject, layers: [layer(fixtureBundle(), bundleType)] });
  assert.equal(find(knowledge).unread, []);
  assert.equal(find(new MemoryKnowledge(defaultLimits)).unread, []);
});

test("too large, of an unknown version, of another size, without a signature: each is named once", () => {
  const { knowledge, layer, manifest } = world();
  const large = fixtureBundle();
  const unknownVersion = large.replace("bundle.v0.3+json", "bundle.v0.9+json");
  manifest({ artifactType: bundleType, subject, layers: [layer(large, bundleType)] });
  manifest({
    artifactType: "application/vnd.dev.sigstore.bundle.v0.9+json",
    subject,
    layers: [layer(unknownVersion, "application/vnd.dev.sigstore.bundle.v0.9+json")],
  });
  const noted = layer("no signature", "a/b");
  const wrong = layer("another size", "a/b", signature, 5);
  manifest({ layers: [noted, wrong] }, `sha256-${"a".repeat(64)}.sig`);
  const { unread } = find(knowledge, { ...defaultLimits, bundleBytes: encodeUtf8(large).length - 1 });
  assert.is(unread.length, 4);
  assert.ok(unread.every((entry) => entry.image === image && entry.reason !== ""));
  assert.ok(unread.some(({ reason }) => reason.includes("at most")));
  for (const { digest: of } of [noted, wrong]) assert.ok(unread.some((entry) => entry.subject === of));
});

test("referrers of other types are counted by type", () => {
  const { knowledge, manifest } = world();
  for (const count of ["1", "2"])
    manifest({ artifactType: "application/vnd.cncf.notary.signature", subject, annotations: { count } });
  manifest({ subject });
  manifest({ artifactType: bundleType, subject });
  assert.equal(
    [...find(knowledge).otherTypes],
    [
      ["application/vnd.cncf.notary.signature", 2],
      ["application/vnd.oci.empty.v1+json", 1],
    ],
  );
});

test.run();
