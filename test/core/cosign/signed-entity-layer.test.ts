import { suite } from "uvu";
import * as assert from "uvu/assert";
import { layerEntity } from "../../../core/cosign/signed-entity-layer.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../support/assert.ts";
import { fixtureEntity } from "../../support/fixture-images.ts";

const test = suite("core/cosign/signed-entity-layer");
const repository = "ghcr.io/org/app";
const signature = "dev.cosignproject.cosign/signature";
const certificate = "dev.sigstore.cosign/certificate";

function layer(
  annotations: Readonly<Record<string, string>>,
  purpose: "signature" | "attestation" = "signature",
  payload = "payload",
) {
  const knowledge = new MemoryKnowledge(defaultLimits);
  const digest = knowledge.putBlob(repository, encodeUtf8(payload));
  const descriptor = { mediaType: "any", digest, size: payload.length, annotations };
  const place = {
    purpose,
    layout: "tag",
    repository,
    tag: "t",
    manifest: `sha256:${"b".repeat(64)}`,
    index: 3,
    descriptor,
    knowledge,
    limits: defaultLimits,
  } as const;
  return { place, entity: layerEntity(place) };
}

test("a signature layer: its payload, and the annotation's signature", () => {
  const { entity } = layer({ [signature]: "AAEC" });
  assert.equal(entity.content(), {
    kind: "simple-signing",
    payload: encodeUtf8("payload"),
    signature: Uint8Array.of(0, 1, 2),
  });
  assert.equal([entity.certificate(), entity.logEntries(), entity.timestamps()], [undefined, [], []]);
  assert.equal([entity.source.layout, entity.source.tag, entity.source.layer], ["tag", "t", 3]);
});

test("without the annotation it is no signature; junk in a part is met only by who reads the part", () => {
  throwsCode("malformed", () => layer({}).entity.content());
  throwsCode("malformed", () => layer({ [signature]: "*" }).entity.content());
  const { entity } = layer({
    [signature]: "AAEC",
    [certificate]: "junk",
    "dev.sigstore.cosign/bundle": "{",
    "dev.sigstore.cosign/rfc3161timestamp": "{",
  });
  assert.is(entity.content().kind, "simple-signing");
  throwsCode("malformed", () => entity.certificate());
  throwsCode("malformed", () => entity.logEntries());
  throwsCode("malformed", () => entity.timestamps());
});

test("an annotation is an own one", () =>
  void throwsCode("malformed", () => layer(Object.create({ [signature]: "AAEC" })).entity.content()));

test("a layer said to be larger than the bound is refused unread, a missing one is a listed absence", () => {
  const { place } = layer({ [signature]: "AAEC" });
  throwsCode("over-limit", () =>
    layerEntity({ ...place, descriptor: { ...place.descriptor, size: defaultLimits.blobBytes + 1 } }).content(),
  );
  const gone = { ...place, descriptor: { ...place.descriptor, digest: `sha256:${"c".repeat(64)}` as const } };
  throwsCode("not-in-mirror", () => layerEntity(gone).content());
});

test("an attestation layer is an envelope with a statement", () => {
  throwsCode("malformed", () => layer({ [signature]: "" }, "attestation").entity.content());
  const content = fixtureEntity("reviewed", "registry.io/org/app", "attestation").content();
  assert.ok(
    content.kind === "dsse" &&
      content.envelopeBytes !== undefined &&
      content.statement.predicateType === "https://example.com/CodeReview/v1",
  );
});

test("the first certificate signs; of the chain the last is dropped", () => {
  const carried = fixtureEntity("signed-cert-by-a-team").certificate();
  assert.ok(carried !== undefined && carried.intermediates.length >= 1);
});

test.run();
