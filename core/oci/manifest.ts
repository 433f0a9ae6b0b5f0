/**
 * Image manifests and indexes, of OCI and of Docker schema 2. Source: OCI image 1.1 (manifest, image index);
 * docs/spec/sigstore.md#tag-layout.
 *
 *     {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
 *      "artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json",
 *      "config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:4413…","size":2},
 *      "layers":[{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","digest":"sha256:aa31…","size":9000}],
 *      "subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:91c2…","size":700}}
 */
import { type JsonObject, parseJson } from "../encoding/json.ts";
import { member, readArray, readObject, readString, readStringMap } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Digest } from "../crypto/digest.ts";
import { type Descriptor, type PlatformDescriptor, readDescriptor } from "./descriptor.ts";

export const mediaTypes = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
} as const;

const kindOfMediaType: Readonly<Record<string, "manifest" | "index">> = {
  [mediaTypes.manifest]: "manifest",
  [mediaTypes.dockerManifest]: "manifest",
  [mediaTypes.index]: "index",
  [mediaTypes.dockerIndex]: "index",
};

export interface Manifest {
  /** `index` has children in `manifests`; `manifest` has `config` and `layers`. */
  readonly kind: "manifest" | "index";
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly PlatformDescriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The same for bytes that may be anything: `undefined` for what is no manifest. */
export function findManifest(bytes: Uint8Array, limits: Limits): Manifest | undefined {
  try {
    return parseManifest(bytes, limits);
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/**
 * A manifest or an index, as its members show. A media type that says otherwise is refused: no document can be read as
 * both.
 * @throws EngineError `malformed` with a JSON pointer; `over-limit` past `manifestBytes` or `layersPerManifest`.
 */
export function parseManifest(bytes: Uint8Array, limits: Limits): Manifest {
  const object = readObject(parseJson(bytes, { maxBytes: limits.manifestBytes, limits }), "");
  const kind = kindOf(object);
  const mediaType = optionalText(object, "mediaType");
  const stated = mediaType === undefined ? undefined : kindOfMediaType[mediaType];
  if (stated !== undefined && stated !== kind)
    throw new EngineError(
      "malformed",
      `the media type is that of an ${stated === "index" ? "index" : "image manifest"}, the members are not`,
      {
        subject: "/mediaType",
      },
    );
  const artifactType = optionalText(object, "artifactType");
  const config = member(object, "config");
  const subject = member(object, "subject");
  const annotations = member(object, "annotations");
  // Assigned, not spread: members behind a spread are defined one by one, each by a call into the host.
  const manifest: { -readonly [Key in keyof Manifest]: Manifest[Key] } = {
    kind,
    layers: [],
    manifests: [],
    annotations: {},
  };
  if (mediaType !== undefined) manifest.mediaType = mediaType;
  if (artifactType !== undefined) manifest.artifactType = artifactType;
  if (config !== undefined) manifest.config = readDescriptor(config, "/config");
  if (kind === "manifest") manifest.layers = readDescriptors(object, "layers", limits.layersPerManifest);
  else manifest.manifests = readDescriptors(object, "manifests", limits.layersPerManifest);
  if (subject !== undefined) manifest.subject = readDescriptor(subject, "/subject");
  if (annotations !== undefined) manifest.annotations = readStringMap(annotations, "/annotations");
  return manifest;
}

function kindOf(object: JsonObject): "manifest" | "index" {
  const image = Object.hasOwn(object, "layers") || Object.hasOwn(object, "config");
  const index = Object.hasOwn(object, "manifests");
  if (image === index)
    throw new EngineError("malformed", image ? "both an image manifest and an index" : "neither layers nor manifests", {
      subject: "/",
    });
  return image ? "manifest" : "index";
}

function optionalText(object: JsonObject, key: string): string | undefined {
  const value = member(object, key);
  const text = value === undefined ? "" : readString(value, `/${key}`);
  return text === "" ? undefined : text;
}

/** A list of descriptors; absent and null are the empty list, as Go's writers have it. */
function readDescriptors(object: JsonObject, key: string, limit: number): readonly PlatformDescriptor[] {
  const value = member(object, key);
  const list = value === undefined ? [] : readArray(value, `/${key}`);
  if (list.length > limit)
    throw new EngineError("over-limit", `${list.length} entries, at most ${limit} are read`, {
      subject: `/${key}`,
    });
  return list.map((entry, index) => readDescriptor(entry, `/${key}/${index}`));
}

/** Whether what has this media type is an image manifest or an index. */
export const isManifestType = (mediaType: string): boolean => Object.hasOwn(kindOfMediaType, mediaType);

/** The media type under which a manifest is served: its own, else that of its kind. */
export const mediaTypeOf = (manifest: Manifest): string => manifest.mediaType ?? mediaTypes[manifest.kind];

/**
 * The descriptor of a manifest with a subject in a referrers list. Source: OCI distribution 1.1 (listing referrers).
 */
export function referrerDescriptor(manifest: Manifest, digest: Digest, size: number): Descriptor {
  const artifactType = manifest.artifactType ?? manifest.config?.mediaType;
  return {
    mediaType: mediaTypeOf(manifest),
    digest,
    size,
    ...(artifactType === undefined || artifactType === "" ? {} : { artifactType }),
    ...(Object.keys(manifest.annotations).length === 0 ? {} : { annotations: manifest.annotations }),
  };
}
