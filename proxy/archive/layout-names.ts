/**
 * Names of the entries in a layout's `index.json`. Writers differ: `cosign save` marks entries by kind and names
 * nothing; `skopeo` and `oras` write a tag, or whatever reference they were given; containerd and Docker write the
 * whole reference beside it; Hauler does so too, and marks kinds; Zarf writes the base image's name.
 * Source: docs/spec/sigstore.md#saved-layouts, OCI image 1.1 annotations.
 */
import type { JsonObject } from "../../core/encoding/json.ts";
import { isObject, member, pointer, readArray } from "../../core/encoding/shape.ts";
import { EngineError } from "../../core/errors.ts";
import { type Digest, isDigest } from "../../core/crypto/digest.ts";
import { type Descriptor, readDescriptor } from "../../core/oci/descriptor.ts";
import type { Limits } from "../../core/limits.ts";
import { isTag, parseReference, repositoryForFetching } from "../../core/oci/reference.ts";

/** An entry's relation to its image. `other`: unmarked, so it may be an image too. */
export type EntryRole = "image" | "signature" | "attestation" | "sbom" | "referrer" | "other";

export interface EntryName {
  /** As questions spell it; absent if the layout does not say. */
  readonly repository?: string;
  readonly tag?: string;
}

export interface LayoutEntry extends EntryName {
  readonly descriptor: Descriptor;
  readonly role: EntryRole;
  /** Marked as an index: it wins over an image marked beside it. */
  readonly index?: boolean;
  /** The digest that the entry belongs to, if it says so. */
  readonly subject?: Digest;
  /** A name that counts only if nothing else names the entry: it may be the base image's. */
  readonly base?: EntryName;
}

/** An entry that was skipped, and why. */
export interface SkippedEntry {
  /** The place in `index.json`, and the digest or name that it gives. */
  readonly subject: string;
  readonly reason: string;
}

const kinds: Readonly<Record<string, EntryRole>> = {
  image: "image",
  imageIndex: "image",
  sigs: "signature",
  atts: "attestation",
  sboms: "sbom",
  referrers: "referrer",
};
/** Hauler appends the digest of a signature's or referrer's image, or its own, so that names are unique. */
const kindPattern = /^dev\.(?:cosignproject\.cosign|hauler)\/([A-Za-z]+)(?:\/.*)?$/;

const annotation = {
  name: "org.opencontainers.image.ref.name",
  containerd: "io.containerd.image.name",
  base: "org.opencontainers.image.base.name",
  subject: "hauler.dev/subject-digest",
} as const;

/**
 * The entries of `index.json`, in its order. An entry with an unreadable descriptor or name is skipped.
 * @throws EngineError `archive-corrupt` when there is no list or a name contradicts its digest, `over-limit` past
 * `layoutEntries`.
 */
export function readEntries(
  index: JsonObject,
  limits: Limits,
): { readonly entries: readonly LayoutEntry[]; readonly skipped: readonly SkippedEntry[] } {
  const list = readList(index);
  if (list.length > limits.layoutEntries)
    throw new EngineError("over-limit", `${list.length} entries, at most ${limits.layoutEntries} are read`, {
      subject: "index.json",
    });
  const skipped: SkippedEntry[] = [];
  const entries = list.flatMap((value, position): readonly LayoutEntry[] => {
    const at = pointer("/manifests", position);
    try {
      return [readEntry(readDescriptor(value, at), at, limits)];
    } catch (error) {
      if (!(error instanceof EngineError) || error.code === "archive-corrupt") throw error;
      const digest = isObject(value) && typeof value.digest === "string" ? ` (${value.digest.slice(0, 40)})` : "";
      skipped.push({ subject: `index.json${at}${digest}`, reason: error.message });
      return [];
    }
  });
  return { entries, skipped };
}

function readList(index: JsonObject) {
  try {
    return readArray(member(index, "manifests") ?? [], "/manifests");
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("archive-corrupt", `index.json of the layout: ${error.message}`, {
      subject: error.subject,
      cause: error,
    });
  }
}

function readEntry(descriptor: Descriptor, at: string, limits: Limits): LayoutEntry {
  const { annotations = {} } = descriptor;
  const text = (name: string): string => (Object.hasOwn(annotations, name) ? (annotations[name] ?? "") : "");
  const kind = kindPattern.exec(text("kind"))?.[1] ?? "";
  const subject = text(annotation.subject);
  const base = text(annotation.base);
  return {
    descriptor,
    role: Object.hasOwn(kinds, kind) ? (kinds[kind] ?? "other") : "other",
    ...(kind === "imageIndex" ? { index: true } : {}),
    ...readName(text(annotation.name), text(annotation.containerd), descriptor, at, limits),
    ...(isDigest(subject) ? { subject } : {}),
    ...(base === "" ? {} : { base: parseName(base, descriptor, at, limits) }),
  };
}

/** A name with a host counts, the entry's own before containerd's. A text that is only a tag is a tag. */
function readName(name: string, containerd: string, descriptor: Descriptor, at: string, limits: Limits): EntryName {
  if (containerd !== "" && !namesHost(name, limits)) return parseName(containerd, descriptor, at, limits);
  if (name === "") return {};
  return isTag(name) ? { tag: name } : parseName(name, descriptor, at, limits);
}

/** Whether a reference names its registry. */
function namesHost(text: string, limits: Limits): boolean {
  if (text === "" || isTag(text)) return false;
  return parseReference(text, limits, { enableDefaultRegistryMutation: false }).registry !== "";
}

function parseName(text: string, descriptor: Descriptor, at: string, limits: Limits): EntryName {
  const { repository, tag, digest } = parseReference(text, limits);
  if (digest !== undefined && digest !== descriptor.digest)
    throw new EngineError("archive-corrupt", `index.json of the layout: ${text} is the name of another digest`, {
      subject: at,
    });
  return { repository: repositoryForFetching(repository), ...(tag === undefined ? {} : { tag }) };
}
