import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import { defaultLimits } from "../../../core/limits.ts";
import { parseManifest } from "../../../core/oci/manifest.ts";
import { isAmbiguous, isMaterial, isPlainText } from "../../../proxy/registry/signed-material.ts";
import { textArchive } from "../../support/text-archive.ts";

const test = suite("proxy/registry/signed-material");
const digest = `sha256:${"a".repeat(64)}`;
const own = { mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", digest, size: 3 };
const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: 2 };
const manifest = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config, layers: [own] };
const bytesOf = (document: object): Uint8Array => encodeUtf8(JSON.stringify(document));
const ambiguous = (document: object): boolean => isAmbiguous(bytesOf(document), defaultLimits);

test("material is what a tag of cosign's leads to, or what refers to something, and has no layer of an image", () => {
  const read = (document: object) => parseManifest(bytesOf(document), defaultLimits);
  const tag = `${digest.replace(":", "-")}.sig`;
  const image = { ...manifest, layers: [{ ...own, mediaType: "application/vnd.oci.image.layer.v1.tar" }] };
  assert.ok(isMaterial(tag, read(manifest)));
  assert.ok(isMaterial(undefined, read({ ...manifest, subject: own })));
  for (const [name, document] of [
    ["1", manifest],
    [undefined, manifest],
    [tag, image],
    [undefined, { ...image, subject: own }],
  ] as const)
    assert.not.ok(isMaterial(name, read(document)), JSON.stringify([name, document]));
  assert.not.ok(isMaterial(tag, undefined));
});

test("a manifest that others read differently, or whose content is elsewhere, is ambiguous", () => {
  const annotated = { ...own, annotations: { "dev.cosignproject.cosign/signature": "x", urls: "y" }, data: "e30=" };
  for (const document of [manifest, { ...manifest, subject: own, layers: [annotated], artifactType: "a/b" }])
    assert.not.ok(ambiguous(document), JSON.stringify(document));
  const urls = ["https://evil.example/layer"];
  for (const document of [
    { ...manifest, layers: [{ ...own, urls }] },
    { ...manifest, layers: [own, { ...own, URLs: urls }] },
    { ...manifest, config: { ...config, "url\u017f": urls } },
    { ...manifest, layers: [{ ...own, Digest: digest }] },
    { ...manifest, Layers: [own] },
    { ...manifest, "layer\u017f": [own] },
    { ...manifest, CONFIG: config },
    { ...manifest, Manifests: [] },
    { ...manifest, fsLayers: [] },
    [manifest],
  ])
    assert.ok(ambiguous(document), JSON.stringify(document));
});

test("text is what no reader of archives unpacks", () => {
  const sums = encodeUtf8(`${"0".repeat(148)}0060000 ${"0".repeat(600)}`);
  for (const text of ['{"critical":{}}', "", "BZ", "x".repeat(2000), "12345670".repeat(100), "é".repeat(400)])
    assert.ok(isPlainText(encodeUtf8(text)), text);
  assert.ok(isPlainText(sums));
  const archive = textArchive("usr/bin/app", "#!/bin/sh\n");
  assert.not.ok(archive.includes(0));
  for (const bytes of [archive, archive.subarray(0, 512), encodeUtf8("BZh91AY&SY"), encodeUtf8("a\0b")])
    assert.not.ok(isPlainText(bytes));
  assert.not.ok(isPlainText(Uint8Array.of(0x1f, 0x8b, 8, 0)));
  assert.ok(isPlainText(archive.subarray(0, 511)));
});

test.run();
