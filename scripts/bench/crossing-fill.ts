/** Mirrors of images with a bundle of cosign 3, put by the writer, for benchmarks that read every row. */
import { createHash } from "node:crypto";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { MirrorWriter } from "../../proxy/mirror/mirror-writer.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";

const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json";
const origin = { at: "2026-01-01T00:00:00Z", from: "registry.example.com" };

/** Text that does not repeat, as that of signatures and attestations. */
const filler = (seed: string, length: number): string =>
  createHash("shake256", { outputLength: Math.ceil((length * 3) / 4) })
    .update(seed)
    .digest("base64")
    .slice(0, length);

/**
 * The evidence of one image, as cosign 3 leaves it: the image's manifest and config, the list of what refers to it, the
 * manifest of its bundle with the empty config, and the bundle, some 10 kilobytes of which are a provenance. Gives the
 * bytes of the blobs.
 */
function putEvidence(writer: MirrorWriter, index: number): number {
  const repository = `registry.example.com/team/app-${String(Math.floor(index / 10)).padStart(6, "0")}`;
  let bytes = 0;
  const putManifest = (body: object) => {
    const content = encodeUtf8(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.manifest, ...body }));
    const digest = digestOf(content);
    bytes += content.length;
    writer.setAnswer({ kind: "manifest", repository, digest }, { state: "present", value: content, ...origin });
    return { mediaType: mediaTypes.manifest, digest, size: content.length };
  };
  const putBlob = (mediaType: string, text: string) => {
    const value = encodeUtf8(text);
    const digest = digestOf(value);
    bytes += value.length;
    writer.setAnswer({ kind: "blob", repository, digest }, { state: "present", value, ...origin });
    return { mediaType, digest, size: value.length };
  };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", size: 4_000_000 };
  const image = putManifest({
    config: putBlob("application/vnd.oci.image.config.v1+json", filler(`config ${index}`, 1500)),
    layers: [0, 1, 2].map((at) => ({ ...layer, digest: digestOf(encodeUtf8(`layer ${index} ${at}`)) })),
  });
  const tag = `1.${index % 10}`;
  writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value: image, ...origin });
  const annotations = {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": "https://slsa.dev/provenance/v1",
    "org.opencontainers.image.created": origin.at,
  };
  const bundle = putManifest({
    artifactType: bundleType,
    config: putBlob("application/vnd.oci.empty.v1+json", "{}"),
    layers: [putBlob(bundleType, filler(`bundle ${index}`, 10_000))],
    subject: image,
    annotations,
  });
  const value = [{ ...bundle, artifactType: bundleType, annotations }];
  writer.setAnswer({ kind: "referrers", repository, digest: image.digest }, { state: "present", value, ...origin });
  return bytes;
}

/** Puts the images from `from` up to `to` into the mirror of a folder. Gives the bytes of their blobs. */
export function fillEvidence(folder: string, from: number, to: number): number {
  const mirror = openMirror(folder, { mode: "write", limits: defaultLimits });
  try {
    const writer = mirror.writer();
    return writer.transaction(() => {
      let bytes = 0;
      for (let index = from; index < to; index++) bytes += putEvidence(writer, index);
      return bytes;
    });
  } finally {
    mirror.close();
  }
}
