/**
 * Entries of a layout under the names that questions use: the layout's names, and the caller's for the rest.
 * Source: docs/spec/sigstore.md#saved-layouts.
 */
import type { Digest } from "../../core/crypto/digest.ts";
import { EngineError } from "../../core/errors.ts";
import { parseAssociatedTag } from "../../core/oci/associated-tag.ts";
import { isTag, parseReference } from "../../core/oci/reference.ts";
import type { LayoutEntry } from "./layout-names.ts";
import type { Limits } from "../../core/limits.ts";

export interface NameOptions {
  /** The repository for entries that name none. */
  readonly repository?: string;
  /** The tag for the image without another name. */
  readonly tag?: string;
}

/** An entry whose repository is known. */
export type NamedEntry = LayoutEntry & { readonly repository: string };

/**
 * Gives every entry its repository, and the image its tag.
 * @throws EngineError `invalid-usage` when an entry names no repository and none was given, or when it is not clear
 * which entry the given tag is for; `invalid-reference` when the given repository or tag is not one.
 */
export function nameEntries(
  entries: readonly LayoutEntry[],
  isReferrer: (entry: LayoutEntry) => boolean,
  options: NameOptions,
  limits: Limits,
): readonly NamedEntry[] {
  const given = options.repository === undefined ? undefined : readRepository(options.repository, limits);
  const { tag } = options;
  if (tag !== undefined && !isTag(tag)) throw new EngineError("invalid-reference", "not a tag", { subject: tag });
  const known = new Set(entries.map((entry) => entry.repository).filter((repository) => repository !== undefined));
  const [only] = known.size === 1 ? known : [];
  const named = entries.map((entry): NamedEntry => {
    if (entry.repository !== undefined) return { ...entry, repository: entry.repository };
    const { base } = entry;
    if (given === undefined && entry.tag === undefined && base?.repository !== undefined)
      return { ...entry, ...base, repository: base.repository };
    const repository = given ?? only;
    if (repository === undefined)
      throw new EngineError("invalid-usage", "the layout does not say which repository its images are from: name it", {
        subject: entry.descriptor.digest,
        remedy: "image-name",
      });
    return { ...entry, repository };
  });
  if (tag === undefined) return named;
  const tagged = entryFor(named, tag, given, isReferrer);
  return named.flatMap((entry) => {
    if (entry !== tagged || entry.tag === tag) return [entry];
    return entry.tag === undefined ? [{ ...entry, tag }] : [entry, { ...entry, tag }];
  });
}

function readRepository(text: string, limits: Limits): string {
  try {
    const { repository, withTag, fetchRepository } = parseReference(text, limits);
    if (repository === text || withTag === `docker.io/${text}:latest`) return fetchRepository;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError("invalid-reference", error.message, { subject: text, cause: error });
  }
  throw new EngineError("invalid-reference", "a repository has no tag and no digest", { subject: text });
}

/**
 * The entry for a given tag: the one that has it, else the image that cosign marked, else the only image without a
 * name, else the only image. Signatures under their own tags are not images.
 */
function entryFor(
  entries: readonly NamedEntry[],
  tag: string,
  given: string | undefined,
  isReferrer: (entry: LayoutEntry) => boolean,
): NamedEntry {
  const roots = entries.filter(
    (entry) =>
      (entry.role === "image" || entry.role === "other") &&
      (entry.tag === undefined || parseAssociatedTag(entry.tag) === undefined) &&
      !isReferrer(entry),
  );
  const having = roots.filter((entry) => entry.tag === tag && (given === undefined || entry.repository === given));
  const marked = markedImages(entries);
  const unnamed = roots.filter((entry) => entry.tag === undefined);
  const candidates = [having, marked, unnamed].find((some) => some.length > 0) ?? roots;
  const digests = new Set(candidates.map(({ descriptor }) => descriptor.digest));
  const [entry] = candidates;
  if (entry === undefined || digests.size > 1)
    throw new EngineError(
      "invalid-usage",
      `the layout has ${digests.size} images: it is not clear which one the tag is for`,
      { subject: "index.json" },
    );
  return entry;
}

/**
 * The image of a marked signature or attestation: the one it names, else the marked image of its name, else the only
 * marked image of its repository. `undefined` if there is none.
 * @throws EngineError `archive-corrupt` when there are several: nothing says whose the signatures are.
 */
export function imageOf(entry: NamedEntry, images: readonly NamedEntry[]): Digest | undefined {
  if (entry.subject !== undefined) return entry.subject;
  const near = images.filter(({ repository }) => repository === entry.repository);
  const same = near.filter(({ tag }) => tag === entry.tag);
  const digests = new Set((same.length > 0 ? same : near).map(({ descriptor }) => descriptor.digest));
  if (digests.size > 1)
    throw new EngineError(
      "archive-corrupt",
      "several images of `cosign save` in one layout: nothing says whose the signatures are",
      { subject: "index.json" },
    );
  return [...digests][0];
}

/** The entries marked as images. If an index and an image have one name, the index wins, as in cosign. */
export function markedImages<E extends LayoutEntry>(entries: readonly E[]): readonly E[] {
  const images = entries.filter((entry) => entry.role === "image");
  const nameOf = ({ repository, tag }: LayoutEntry): string => JSON.stringify([repository, tag]);
  const indexes = new Set(images.filter((entry) => entry.index === true).map(nameOf));
  return images.filter((entry) => entry.index === true || !indexes.has(nameOf(entry)));
}
