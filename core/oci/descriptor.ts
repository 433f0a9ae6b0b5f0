/**
 * Content descriptors. Source: OCI image 1.1 (descriptor; platform of an image index).
 *
 *     {"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:91c2…","size":700,
 *      "annotations":{"org.opencontainers.image.ref.name":"1.4"},"platform":{"os":"linux","architecture":"amd64"}}
 */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { member, readInteger, readObject, readString, readStringMap } from "../encoding/shape.ts";
import { EngineError } from "../errors.ts";
import { type Digest, isDigest } from "../crypto/digest.ts";

/** `size` in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** A child of an index. */
export interface PlatformDescriptor extends Descriptor {
  readonly platform?: Platform;
}

/**
 * A descriptor of parsed JSON. A missing media type reads as the empty string, as registries' clients have it.
 * @throws EngineError `malformed` with a JSON pointer, also for a digest that is not sha256 in lower case.
 */
export function readDescriptor(value: JsonValue | undefined, at: string): PlatformDescriptor {
  const object = readObject(value, at);
  const digest = readString(object.digest, `${at}/digest`);
  if (!isDigest(digest))
    throw new EngineError("malformed", "expected sha256: and 64 lower-case hexadecimal digits", {
      subject: `${at}/digest`,
    });
  const size = readInteger(object.size, `${at}/size`);
  if (size < 0) throw new EngineError("malformed", "negative size", { subject: `${at}/size` });
  const text = (key: string): string | undefined => {
    const given = member(object, key);
    return given === undefined ? undefined : readString(given, `${at}/${key}`);
  };
  const artifactType = text("artifactType");
  const annotations = member(object, "annotations");
  const platform = member(object, "platform");
  // Assigned, not spread: a list has a thousand of them.
  const descriptor: { -readonly [Key in keyof PlatformDescriptor]: PlatformDescriptor[Key] } = {
    mediaType: text("mediaType") ?? "",
    digest,
    size,
  };
  if (artifactType !== undefined && artifactType !== "") descriptor.artifactType = artifactType;
  if (annotations !== undefined) descriptor.annotations = readStringMap(annotations, `${at}/annotations`);
  if (platform !== undefined) descriptor.platform = readPlatform(platform, `${at}/platform`);
  return descriptor;
}

function readPlatform(value: JsonValue, at: string): Platform {
  const object = readObject(value, at);
  const text = (key: string): string => {
    const given = member(object, key);
    return given === undefined ? "" : readString(given, `${at}/${key}`);
  };
  const variant = text("variant");
  return { os: text("os"), architecture: text("architecture"), ...(variant === "" ? {} : { variant }) };
}

/** The JSON of a descriptor: the inverse of {@link readDescriptor}, without platform. */
export const encodeDescriptor = (descriptor: Descriptor): JsonObject => ({
  mediaType: descriptor.mediaType,
  digest: descriptor.digest,
  size: descriptor.size,
  ...(descriptor.artifactType === undefined || descriptor.artifactType === ""
    ? {}
    : { artifactType: descriptor.artifactType }),
  ...(descriptor.annotations === undefined ? {} : { annotations: { ...descriptor.annotations } }),
});
