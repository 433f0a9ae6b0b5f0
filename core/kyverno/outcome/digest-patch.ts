/**
 * JSON Patches of the mutating pass: digests and the verification annotations. Source: RFC 6902,
 * docs/spec/kyverno.md#digest-patch.
 *
 *     [{"op":"add","path":"/metadata/annotations/kyverno.io~1verify-images","value":"{\"nginx@sha256:91c2…\":…}"},
 *      {"op":"replace","path":"/spec/containers/0/image","value":"docker.io/nginx:latest@sha256:91c2…"}]
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { encodeCanonicalJson } from "../../encoding/canonical-json.ts";
import { isObject, pointer } from "../../encoding/shape.ts";
import type { ImageReference } from "../../oci/reference.ts";
import type { Digest } from "../../crypto/digest.ts";

export interface PatchOperation {
  readonly op: "add" | "replace";
  readonly path: string;
  readonly value: JsonValue;
}

export const imagesAnnotation = "kyverno.io/verify-images";
export const scopedAnnotation = "kyverno.io/verify-images-scoped";

export type ImageStatus = "pass" | "fail" | "skip";

/** Status of each image by policy (`namespace/name`) and rule. */
export type ScopedStatus = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, ImageStatus>>>>>>;

/** The image pinned: `registry/path:tag@digest`, the default registry and `latest` made explicit. */
const pinnedReference = (image: ImageReference, digest: Digest): string => `${image.withTag}@${digest}`;

/** The reference with which a pinned image is recorded and checked later: no tag. */
export const canonicalWithDigest = (image: ImageReference, digest: Digest): string =>
  `${image.withTag.slice(0, image.withTag.lastIndexOf(":"))}@${digest}`;

export const digestPatch = (pointer: string, image: ImageReference, digest: Digest): PatchOperation => ({
  op: "replace",
  path: pointer,
  value: pinnedReference(image, digest),
});

/**
 * The annotations that record what was verified, in Kyverno's two forms; nothing when no image was judged. They are
 * written for readers: no decision trusts them.
 */
export function annotationPatches(
  resource: JsonObject | undefined,
  flat: Readonly<Record<string, ImageStatus>>,
  scoped: ScopedStatus,
): readonly PatchOperation[] {
  if (Object.keys(flat).length === 0) return [];
  const metadata = isObject(resource?.metadata) ? resource.metadata : undefined;
  const annotations = metadata !== undefined && isObject(metadata.annotations) ? metadata.annotations : undefined;
  const write = (name: string, text: string): PatchOperation => ({
    op: annotations !== undefined && Object.hasOwn(annotations, name) ? "replace" : "add",
    path: pointer("/metadata/annotations", name),
    value: text,
  });
  return [
    ...(metadata === undefined ? [{ op: "add", path: "/metadata", value: {} } as const] : []),
    ...(annotations === undefined ? [{ op: "add", path: "/metadata/annotations", value: {} } as const] : []),
    write(imagesAnnotation, encodeCanonicalJson(flat)),
    write(scopedAnnotation, `{"version":1,"policies":${encodeCanonicalJson(scoped)}}`),
  ];
}
