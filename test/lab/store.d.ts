import { type Digest } from "../../core/crypto/digest.ts";
import { MemoryKnowledge } from "../../core/oci/memory-knowledge.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
interface StoredManifest {
  readonly repository: string;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly tag?: string;
}
export declare class Store {
  #private;
  readonly manifests: StoredManifest[];
  readonly blobs: {
    readonly repository: string;
    readonly bytes: Uint8Array;
  }[];
  blob(
    repository: string,
    bytes: Uint8Array,
    mediaType: string,
    annotations?: Readonly<Record<string, string>>,
  ): Descriptor;
  /** A manifest of these members, written as it is. */
  manifest(
    repository: string,
    members: unknown,
    tag?: string,
  ): Descriptor & {
    readonly bytes: Uint8Array;
  };
  /** Everything, in repositories of which nothing is missing. */
  knowledge(at?: string): MemoryKnowledge;
  /** A folder as `cosign save` writes it: the image and its tags marked by kind, bundles only among the blobs. */
  save(folder: string, image: Digest): void;
  /** An OCI layout folder whose index names every tag in full. */
  write(folder: string): void;
}
export interface ImageChanges {
  readonly manifest?: (manifest: any) => any;
  readonly platform?: string;
}
/** An image with one layer; `label` tells images apart. */
export declare function putImage(
  store: Store,
  repository: string,
  label: string,
  tag?: string,
  { manifest, platform }?: ImageChanges,
): Descriptor & {
  readonly bytes: Uint8Array;
};
/** An index of two images, for two platforms. */
export declare function putIndex(
  store: Store,
  repository: string,
  label: string,
  tag?: string,
  changes?: ImageChanges,
): Descriptor & {
  readonly bytes: Uint8Array;
};
