/** Which images a `verifyImages` entry selects. Source: docs/spec/kyverno.md#wildcards, #selecting-images. */
import type { MirroredName } from "../../oci/aliases.ts";
import { type ImageReference, plainPattern, selectedPattern } from "../../oci/reference.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { Limits } from "../../limits.ts";

/** Patterns as they were given, and beside them with the one spelling of their host. */
export interface ReferenceFilter {
  readonly select: readonly string[];
  readonly skip: readonly string[];
}

const spellings = (patterns: readonly string[], spell: (pattern: string) => string): readonly string[] =>
  patterns.flatMap((pattern) => {
    const plain = spell(pattern);
    return plain === pattern ? [pattern] : [pattern, plain];
  });

export const toReferenceFilter = (
  imageReferences: readonly string[],
  skipImageReferences: readonly string[],
): ReferenceFilter => ({
  select: spellings(imageReferences, selectedPattern),
  skip: spellings(skipImageReferences, plainPattern),
});

/** The canonical reference, as it is written and with the one spelling of its host. */
const canonicalSpellings = ({ canonical, plain }: ImageReference): readonly string[] =>
  plain === undefined ? [canonical] : [canonical, plain.canonical];

/** Every spelling that a pattern may match to select the image, its tag aside. */
export const selectedSpellings = (image: ImageReference): readonly string[] =>
  image.plain === undefined
    ? [image.canonical]
    : [image.canonical, image.plain.canonical, image.plain.selected.canonical];

const matchesSome = (patterns: readonly string[], texts: readonly string[], limits: Limits): boolean =>
  patterns.some((pattern) => texts.some((text) => matchWildcard(pattern, text, limits)));

/**
 * Whether the entry selects the image: a pattern matches the reference with its tag or the one with its digest.
 * Differs: Kyverno matches the canonical reference alone, so a digest takes the tag away; and it compares hosts as they
 * are written.
 */
export function selectsImage(filter: ReferenceFilter, image: ImageReference, limits: Limits): boolean {
  const { canonical, withTag, plain } = image;
  const selected = plain === undefined ? [] : [plain.selected];
  if (matchesSome(filter.select, [canonical, ...selected.map((texts) => texts.canonical)], limits)) return true;
  if (image.tag === undefined || image.digest === undefined) return false;
  return matchesSome(filter.select, [withTag, ...selected.map((texts) => texts.withTag)], limits);
}

/** The names of an image: that of the resource first. */
export const namesOf = ({ reference, mirrored }: NamedImage): readonly ImageReference[] =>
  mirrored === undefined ? [reference] : [reference, ...mirrored.names];

export interface NamedImage {
  readonly reference: ImageReference;
  readonly mirrored?: MirroredName;
}

const none: readonly ImageReference[] = [];

/** The names by which the entry selects the image. Most images have one. */
export function selectedNames(filter: ReferenceFilter, image: NamedImage, limits: Limits): readonly ImageReference[] {
  if (image.mirrored === undefined) return selectsImage(filter, image.reference, limits) ? [image.reference] : none;
  return namesOf(image).filter((name) => selectsImage(filter, name, limits));
}

/** Whether the entry excuses the image: only the canonical reference counts. */
export const skipsImage = (filter: ReferenceFilter, image: ImageReference, limits: Limits): boolean =>
  matchesSome(filter.skip, canonicalSpellings(image), limits);
