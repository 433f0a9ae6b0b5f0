/** Mirrors of signed and attested images, put by the writer, for benchmarks that read every row. */
import { createHash } from "node:crypto";
import { digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { mediaTypes } from "../../core/oci/manifest.ts";
import type { MirrorWriter } from "../../proxy/mirror/mirror-writer.ts";
import { openMirror } from "../../proxy/mirror/open-mirror.ts";

const origin = { at: "2026-01-01T00:00:00Z", from: "registry.example.com" };

/** Text that does not repeat, as that of signatures and attestations. */
const filler = (seed: string, length: number): string =>
  createHash("shake256", { outputLength: Math.ceil((length * 3) / 4) })
    .update(seed)
    .digest("base64")
    .slice(0, length);

/**
 * The evidence of one image: its manifest; by tag a signature, and attestations with a provenance of 12 kilobytes and
 * an SBOM of 48, small ones of their kind; and that there is no other SBOM and nothing that refers to it. Gives the
 * bytes of the blobs.
 */
function putEvidence(writer: MirrorWriter, index: number): number {
  const repository = `registry.example.com/team/app-${String(Math.floor(index / 10)).padStart(6, "0")}`;
  let bytes = 0;
  const putManifest = (tag: string, layers: readonly object[]) => {
    const body = { schemaVersion: 2, mediaType: mediaTypes.manifest, layers, annotations: { seed: filler(tag, 300) } };
    const content = encodeUtf8(JSON.stringify(body));
    const descriptor = { mediaType: mediaTypes.manifest, digest: digestOf(content), size: content.length };
    bytes += content.length;
    writer.setAnswer({ kind: "tag", repository, tag }, { state: "present", value: descriptor, ...origin });
    writer.setAnswer(
      { kind: "manifest", repository, digest: descriptor.digest },
      { state: "present", value: content, ...origin },
    );
    return descriptor.digest;
  };
  const putBlob = (text: string) => {
    const value = encodeUtf8(text);
    const digest = digestOf(value);
    bytes += value.length;
    writer.setAnswer({ kind: "blob", repository, digest }, { state: "present", value, ...origin });
    return { mediaType: "application/vnd.dsse.envelope.v1+json", digest, size: value.length };
  };
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", size: 4_000_000 };
  const image = putManifest(`1.${index % 10}`, [{ ...layer, digest: digestOf(encodeUtf8(`layer ${index}`)) }]);
  putManifest(associatedTag(image, "signature"), [putBlob(filler(`payload ${index}`, 300))]);
  putManifest(associatedTag(image, "attestation"), [
    putBlob(filler(`provenance ${index}`, 12_000)),
    putBlob(filler(`bill ${index}`, 48_000)),
  ]);
  writer.setAnswer({ kind: "tag", repository, tag: associatedTag(image, "sbom") }, { state: "absent", ...origin });
  writer.setAnswer({ kind: "referrers", repository, digest: image }, { state: "absent", ...origin });
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
