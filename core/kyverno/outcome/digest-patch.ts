/**
 * JSON Patches of the mutating pass: digests and the verification annotations. Source: RFC 6902,
 * docs/spec/kyverno.md#digest-patch.
 *
 *     [{"op":"add","path":"/metadata/annotations/kyverno.io~1verify-images","value":"{\"nginx@sha256:91c2…\":…}"},
 *      {"op":"replace","path":"/spec/containers/0/image","value":"docker.io/nginx:latest@sha256:91c2…"}]
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
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

/** One failure fails an image; a pass beats a skip. */
export const statusRank = { skip: 0, pass: 1, fail: 2 } as const;
export type ImageStatus = keyof typeof statusRank;

/** The status of each image, by its reference with digest. A map: objects with such keys are slow. */
export type FlatStatus = ReadonlyMap<string, ImageStatus>;
export type StatusByRule = ReadonlyMap<string, FlatStatus>;
/** Status of each image by policy (`namespace/name`) and rule. */
export type ScopedStatus = ReadonlyMap<string, StatusByRule>;

/** Two images of a resource can have one name, also through an alias: the worse of their statuses counts. */
export function noteStatus(statuses: Map<string, ImageStatus>, image: string, status: ImageStatus): void {
  const held = statuses.get(image);
  if (held === undefined || statusRank[status] > statusRank[held]) statuses.set(image, status);
}

/** The status of each image over all rules. */
export function flatStatuses(policies: Iterable<StatusByRule>): FlatStatus {
  const merged = new Map<string, ImageStatus>();
  for (const byRule of policies)
    for (const statuses of byRule.values()) for (const [image, status] of statuses) noteStatus(merged, image, status);
  return merged;
}

interface Statuses extends ReadonlyMap<string, ImageStatus | Statuses> {}

/** Sorted, as canonical JSON is. */
const jsonOf = (value: ImageStatus | Statuses): string =>
  typeof value === "string"
    ? `"${value}"`
    : `{${[...value.keys()]
        .sort()
        .map((key) => `${JSON.stringify(key)}:${jsonOf(value.get(key) as ImageStatus | Statuses)}`)
        .join()}}`;

/** The annotations in Kyverno's two forms. */
export const annotationTexts = (flat: FlatStatus, scoped: ScopedStatus) => ({
  [imagesAnnotation]: jsonOf(flat),
  [scopedAnnotation]: `{"version":1,"policies":${jsonOf(scoped)}}`,
});

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
 * The annotations that record what was verified; nothing when no image was judged. They are written for readers: no
 * decision trusts them.
 */
export function annotationPatches(
  resource: JsonObject | undefined,
  flat: FlatStatus,
  scoped: ScopedStatus,
): readonly PatchOperation[] {
  if (flat.size === 0) return [];
  const metadata = isObject(resource?.metadata) ? resource.metadata : undefined;
  const annotations = metadata !== undefined && isObject(metadata.annotations) ? metadata.annotations : undefined;
  return [
    ...(metadata === undefined ? [{ op: "add", path: "/metadata", value: {} } as const] : []),
    ...(annotations === undefined ? [{ op: "add", path: "/metadata/annotations", value: {} } as const] : []),
    ...Object.entries(annotationTexts(flat, scoped)).map(
      ([name, text]): PatchOperation => ({
        op: annotations !== undefined && Object.hasOwn(annotations, name) ? "replace" : "add",
        path: pointer("/metadata/annotations", name),
        value: text,
      }),
    ),
  ];
}
