/**
 * What a registry holds: manifests, blobs and tags, as knowledge in memory and as an OCI layout folder. Source: OCI
 * image 1.1, OCI distribution 1.1.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { associatedTag } from "../../core/oci/associated-tag.ts";
import { mediaTypes, mediaTypeOf, parseManifest } from "../../core/oci/manifest.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { attempt } from "../../core/verify/attempt.ts";
import { defaultLimits } from "../../core/limits.ts";

interface StoredManifest {
  readonly repository: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly tag?: string;
}

export class Store {
  readonly manifests: StoredManifest[] = [];
  readonly blobs: { readonly repository: string; readonly bytes: Uint8Array }[] = [];

  blob(
    repository: string,
    bytes: Uint8Array,
    mediaType: string,
    annotations?: Readonly<Record<string, string>>,
  ): Descriptor {
    this.blobs.push({ repository, bytes });
    return {
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
      ...(annotations === undefined ? {} : { annotations }),
    };
  }

  /** A manifest of these members, written as it is. */
  manifest(repository: string, members: unknown, tag?: string): Descriptor & { readonly bytes: Uint8Array } {
    const bytes = members instanceof Uint8Array ? members : encodeUtf8(JSON.stringify(members));
    const digest = digestOf(bytes);
    this.manifests.push({ repository, bytes, digest, ...(tag === undefined ? {} : { tag }) });
    return {
      mediaType: (members as { mediaType?: string }).mediaType ?? mediaTypes.manifest,
      digest,
      size: bytes.length,
      bytes,
    };
  }

  /** Everything, in repositories of which nothing is missing. */
  knowledge(at = "2026-09-01T00:00:00Z"): MemoryKnowledge {
    const knowledge = new MemoryKnowledge(defaultLimits, { at, from: "lab" });
    for (const { repository, bytes } of this.blobs) knowledge.putBlob(repository, bytes);
    for (const { repository, bytes, digest, tag } of this.manifests) {
      if (attempt(() => knowledge.putManifest(repository, bytes, tag)).ok) continue;
      // A wrong one is served all the same.
      knowledge.present({ kind: "manifest", repository, digest }, bytes);
      if (tag !== undefined)
        knowledge.present(
          { kind: "tag", repository, tag },
          { mediaType: mediaTypes.manifest, digest, size: bytes.length },
        );
    }
    for (const { repository } of this.manifests) knowledge.complete(repository);
    return knowledge;
  }

  #writeLayout(folder: string, manifests: readonly unknown[]): void {
    mkdirSync(join(folder, "blobs", "sha256"), { recursive: true });
    for (const { bytes } of [...this.blobs, ...this.manifests])
      writeFileSync(join(folder, "blobs", "sha256", createHash("sha256").update(bytes).digest("hex")), bytes);
    writeFileSync(join(folder, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    writeFileSync(
      join(folder, "index.json"),
      JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
    );
  }

  /** A folder as `cosign save` writes it: the image and its tags marked by kind, bundles only among the blobs. */
  save(folder: string, image: Digest): void {
    const roles = [
      [image, "image"],
      [associatedTag(image, "signature"), "sigs"],
      [associatedTag(image, "attestation"), "atts"],
    ] as const;
    const manifests = roles.flatMap(([wanted, role]) => {
      const found = this.manifests.find(({ digest, tag }) => digest === wanted || tag === wanted);
      if (found === undefined) return [];
      const mediaType = mediaTypeOf(parseManifest(found.bytes, defaultLimits));
      const word = role === "image" && mediaType === mediaTypes.index ? "imageIndex" : role;
      const annotations = { kind: `dev.cosignproject.cosign/${word}` };
      return [{ mediaType, digest: found.digest, size: found.bytes.length, annotations }];
    });
    this.#writeLayout(folder, manifests);
  }

  /** An OCI layout folder whose index names every tag in full. */
  write(folder: string): void {
    const manifests = this.manifests.map(({ repository, bytes, digest, tag }) => ({
      mediaType: mediaTypeOf(parseManifest(bytes, defaultLimits)),
      digest,
      size: bytes.length,
      annotations: {
        "org.opencontainers.image.ref.name": tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`,
      },
    }));
    this.#writeLayout(folder, manifests);
  }
}

const configType = "application/vnd.oci.image.config.v1+json";
const layerType = "application/vnd.oci.image.layer.v1.tar+gzip";

export interface ImageChanges {
  // biome-ignore lint/suspicious/noExplicitAny: tests change any place of it
  readonly manifest?: (manifest: any) => any;
  readonly platform?: string;
}

/** An image with one layer; `label` tells images apart. */
export function putImage(
  store: Store,
  repository: string,
  label: string,
  tag?: string,
  { manifest = (made) => made, platform = "amd64" }: ImageChanges = {},
) {
  const layer = encodeUtf8(`layer of ${label}`);
  const config = {
    architecture: platform,
    os: "linux",
    config: { Entrypoint: ["/app"] },
    rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
  };
  return store.manifest(
    repository,
    manifest({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: store.blob(repository, encodeUtf8(JSON.stringify(config)), configType),
      layers: [store.blob(repository, layer, layerType)],
    }),
    tag,
  );
}

/** An index of two images, for two platforms. */
export function putIndex(store: Store, repository: string, label: string, tag?: string, changes: ImageChanges = {}) {
  const manifests = ["amd64", "arm64"].map((architecture) => {
    const { bytes: _, ...descriptor } = putImage(store, repository, `${label} ${architecture}`, undefined, {
      platform: architecture,
    });
    return { ...descriptor, platform: { os: "linux", architecture } };
  });
  return store.manifest(
    repository,
    (changes.manifest ?? ((made) => made))({ schemaVersion: 2, mediaType: mediaTypes.index, manifests }),
    tag,
  );
}
