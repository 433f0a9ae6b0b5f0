/**
 * What the entries of a layout's `index.json` are called. Four writers, four habits: `cosign save` marks entries by
 * kind and names nothing; `skopeo` and `oras` write a tag, or whatever reference they were given; containerd writes the
 * whole reference beside the tag; a copy of a registry writes `host/repository:tag` or `host/repository@digest`.
 * Source: docs/spec/sigstore.md#saved-layouts, OCI image 1.1 annotations.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { member, pointer, readArray } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import type { Descriptor } from "../../core/oci/descriptor.ts";
import { defaultLimits, type Limits } from "../../core/limits.ts";
import { readDescriptor } from "../../core/oci/descriptor.ts";
import { isTag, parseReference, repositoryForFetching } from "../../core/oci/reference.ts";

/** `image`, `signatures` and `attestations` are entries of `cosign save`, which belong together. */
export type EntryRole = "image" | "signatures" | "attestations" | "other";

export interface LayoutEntry {
  readonly descriptor: Descriptor;
  readonly role: EntryRole;
  /** As questions spell it; absent where the layout does not say. */
  readonly repository?: string;
  readonly tag?: string;
}

const roles: Readonly<Record<string, EntryRole>> = {
  "dev.cosignproject.cosign/image": "image",
  "dev.cosignproject.cosign/imageIndex": "image",
  "dev.cosignproject.cosign/sigs": "signatures",
  "dev.cosignproject.cosign/atts": "attestations",
};

/**
 * The entries of `index.json`, in its order.
 * @throws EngineError `archive-corrupt` when one does not read or its name contradicts its digest, `over-limit` past
 * `layoutEntries`.
 */
export function readEntries(index: JsonObject, limits: Limits): readonly LayoutEntry[] {
  const list = inLayout(() => readArray(member(index, "manifests") ?? [], "/manifests"));
  if (list.length > limits.layoutEntries)
    throw new EngineError("over-limit", `${list.length} entries, at most ${limits.layoutEntries} are read`, {
      subject: "index.json",
    });
  return list.map((value, position) => {
    const at = pointer("/manifests", position);
    return inLayout(() => readEntry(readDescriptor(value, at), at));
  });
}

function readEntry(descriptor: Descriptor, at: string): LayoutEntry {
  const { annotations = {} } = descriptor;
  const role = roles[annotations.kind ?? ""] ?? "other";
  const name = annotations["org.opencontainers.image.ref.name"] ?? "";
  const whole = isTag(name) ? (annotations["io.containerd.image.name"] ?? "") : name;
  if (whole !== "") return { descriptor, role, ...named(whole, descriptor, at) };
  return { descriptor, role, ...(name === "" ? {} : { tag: name }) };
}

function named(text: string, descriptor: Descriptor, at: string): Pick<LayoutEntry, "repository" | "tag"> {
  const { repository, tag, digest } = parseReference(text, defaultLimits);
  if (digest !== undefined && digest !== descriptor.digest)
    throw new EngineError("malformed", `${text} is the name of another digest`, { subject: at });
  return { repository: repositoryForFetching(repository), ...(tag === undefined ? {} : { tag }) };
}

function inLayout<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "malformed") throw error;
    throw new EngineError("archive-corrupt", `index.json of the layout: ${error.message}`, {
      subject: error.subject,
      cause: error,
    });
  }
}

export interface NameOptions {
  /** The repository of entries that name none. */
  readonly repository?: string;
  /** The tag of the image that has no other name. */
  readonly tag?: string;
}

/** An entry whose repository is known. */
export type NamedEntry = LayoutEntry & { readonly repository: string };

/**
 * Gives every entry its repository, and the image its tag.
 * @throws EngineError `invalid-usage` when an entry names no repository and none was given, or when it is not clear
 * which entry the given tag is for; `invalid-reference` when what was given is no repository or tag.
 */
export function nameEntries(
  entries: readonly LayoutEntry[],
  isReferrer: (entry: LayoutEntry) => boolean,
  options: NameOptions,
): readonly NamedEntry[] {
  const given = options.repository === undefined ? undefined : readRepository(options.repository);
  if (options.tag !== undefined && !isTag(options.tag))
    throw new EngineError("invalid-reference", "not a tag", { subject: options.tag });
  const known = new Set(entries.map((entry) => entry.repository).filter((repository) => repository !== undefined));
  const [only] = known.size === 1 ? known : [];
  const tagged = options.tag === undefined ? undefined : entryFor(entries, isReferrer);
  return entries.flatMap((entry) => {
    const repository = entry.repository ?? given ?? only;
    if (repository === undefined)
      throw new EngineError("invalid-usage", "the layout does not say which repository its images are from: name it", {
        subject: entry.descriptor.digest,
      });
    const named = { ...entry, repository };
    if (entry !== tagged || options.tag === undefined || entry.tag === options.tag) return [named];
    const extra = { ...named, tag: options.tag };
    return entry.tag === undefined ? [extra] : [named, extra];
  });
}

function readRepository(text: string): string {
  try {
    const { repository, withTag, fetchRepository } = parseReference(text, defaultLimits);
    if (repository === text || withTag === `docker.io/${text}:latest`) return fetchRepository;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-reference", error.message, { subject: text, cause: error });
  }
  throw new EngineError("invalid-reference", "a repository has no tag and no digest", { subject: text });
}

/**
 * The one entry that a given tag can be meant for: the image of `cosign save`, else the only entry without a name, else
 * the only one there is.
 */
function entryFor(entries: readonly LayoutEntry[], isReferrer: (entry: LayoutEntry) => boolean): LayoutEntry {
  const image = imageEntry(entries);
  if (image !== undefined) return image;
  const roots = entries.filter((entry) => entry.role === "other" && !isReferrer(entry));
  const unnamed = roots.filter((entry) => entry.tag === undefined && entry.repository === undefined);
  const candidates = unnamed.length > 0 ? unnamed : roots;
  const [entry] = candidates;
  if (entry === undefined || candidates.length > 1)
    throw new EngineError(
      "invalid-usage",
      `the layout has ${candidates.length} images: it is not clear which one the tag is for`,
      { subject: "index.json" },
    );
  return entry;
}

/**
 * The image that `cosign save` wrote: an index wins over an image, as in cosign.
 * @throws EngineError `archive-corrupt` when there are several: nothing says whose the signatures are.
 */
export function imageEntry(entries: readonly LayoutEntry[]): LayoutEntry | undefined {
  const images = entries.filter((entry) => entry.role === "image");
  const indexes = images.filter(
    (entry) => entry.descriptor.annotations?.kind === "dev.cosignproject.cosign/imageIndex",
  );
  const candidates = indexes.length > 0 ? indexes : images;
  if (candidates.length > 1)
    throw new EngineError(
      "archive-corrupt",
      "several images of `cosign save` in one layout: nothing says whose the signatures are",
      { subject: "index.json" },
    );
  return candidates[0];
}
