/**
 * A registry's data about an image, for `imageRegistry` context entries. Source: docs/spec/kyverno.md#context-entries.
 */
import { type JsonObject, type JsonValue, parseJson } from "../../encoding/json.ts";
import { EngineError } from "../../errors.ts";
import type { Limits } from "../../limits.ts";
import { type ImageReference, parseReference, type ReferenceOptions, verifiableDigest } from "../../oci/reference.ts";
import { type KnownManifest, readBlob, readManifest } from "../../oci/lookup.ts";
import type { Digest } from "../../crypto/digest.ts";
import type { Known } from "../../knowledge/answer.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { readJudgedTag, type StaleTags } from "./stale-tag.ts";

export interface ImageDataSettings {
  readonly references: ReferenceOptions;
  readonly limits: Limits;
  /** Of a tag of which nobody could say whether it has moved. Absent: it counts. */
  readonly stale?: StaleTags | undefined;
}

/** The platform that a registry client means when it is told none. */
const platform = { os: "linux", architecture: "amd64" } as const;

function fetched<T>(answer: Known<T>, what: string): T {
  if (answer.state === "absent") throw new EngineError("unresolved", `failed to fetch ${what}: not found`);
  return answer.value;
}

/** Registries are named as a registry client names them. */
function registryParts(image: ImageReference): { readonly registry: string; readonly repository: string } {
  const slash = image.fetchRepository.indexOf("/");
  const host = image.fetchRepository.slice(0, slash);
  return {
    registry: host === "docker.io" ? "index.docker.io" : host,
    repository: image.fetchRepository.slice(slash + 1),
  };
}

/**
 * The object `image, resolvedImage, registry, repository, identifier, manifestList, manifest, configData`; of an index
 * the manifest for linux/amd64.
 * @throws EngineError `unresolved` when the reference is none, or the source does not have the image or that platform;
 * `malformed` or `over-limit` for
 *   content that is not what its digest says; the code of an open question as it is.
 */
export function loadImage(text: string, knowledge: Knowledge, settings: ImageDataSettings): JsonObject {
  const { image, digest: given } = readReference(text, settings);
  const digest =
    given ??
    fetched(
      readJudgedTag({ ...image, repository: image.fetchRepository }, knowledge, settings.stale),
      `the tag of ${image.canonical}`,
    ).digest;
  const top = readKnown(image, digest, knowledge, settings);
  const child = top.manifest.kind === "index" ? readKnown(image, platformDigest(top, image), knowledge, settings) : top;
  if (child.manifest.config === undefined)
    throw new EngineError("unresolved", `the manifest of ${image.canonical} has no image configuration`);
  const config = fetched(
    readBlob(knowledge, image.fetchRepository, child.manifest.config.digest, settings.limits.manifestBytes),
    `the configuration of ${image.canonical}`,
  );
  const { registry, repository } = registryParts(image);
  return {
    image: text,
    resolvedImage: `${registry}/${repository}@${digest}`,
    registry,
    repository,
    identifier: given ?? image.tag ?? "latest",
    manifestList: top === child ? null : toJson(top.bytes, settings.limits),
    manifest: toJson(child.bytes, settings.limits),
    configData: toJson(config, settings.limits),
  };
}

function readReference(
  text: string,
  { references, limits }: ImageDataSettings,
): { readonly image: ImageReference; readonly digest: Digest | undefined } {
  try {
    const image = parseReference(text, limits, references);
    return { image, digest: verifiableDigest(image) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("unresolved", `failed to parse image reference: ${text}, error: ${error.message}`, {
      subject: text,
      cause: error,
    });
  }
}

const readKnown = (
  image: ImageReference,
  digest: Digest,
  knowledge: Knowledge,
  { limits }: ImageDataSettings,
): KnownManifest =>
  fetched(readManifest(knowledge, image.fetchRepository, digest, limits), `the manifest of ${image.canonical}`);

function platformDigest({ manifest }: KnownManifest, image: ImageReference): Digest {
  const child = manifest.manifests.find(
    (descriptor) =>
      descriptor.platform?.os === platform.os && descriptor.platform.architecture === platform.architecture,
  );
  if (child === undefined)
    throw new EngineError(
      "unresolved",
      `${image.canonical} has no manifest for ${platform.os}/${platform.architecture}`,
    );
  return child.digest;
}

/** Documents of a registry are read as Go reads them, where the last of two equal keys counts. */
const toJson = (bytes: Uint8Array, limits: Limits): JsonValue =>
  parseJson(bytes, { duplicateKeys: "last-wins", maxBytes: limits.manifestBytes, limits });
