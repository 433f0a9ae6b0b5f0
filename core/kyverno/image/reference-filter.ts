/** Which images a `verifyImages` entry selects. Source: docs/spec/kyverno.md#wildcards, #selecting-images. */
import type { ImageReference } from "../../oci/reference.ts";
import { matchWildcard } from "../../patterns/wildcard.ts";
import type { Limits } from "../../limits.ts";

export interface ReferenceFilter {
  readonly select: readonly string[];
  readonly skip: readonly string[];
}

export const toReferenceFilter = (
  imageReferences: readonly string[],
  skipImageReferences: readonly string[],
): ReferenceFilter => ({
  select: imageReferences,
  skip: skipImageReferences,
});

/**
 * Whether the entry selects the image: a pattern matches the reference with its tag or the one with its digest.
 * Differs: Kyverno matches the canonical reference alone, so a digest takes the tag away.
 */
export const selectsImage = (filter: ReferenceFilter, image: ImageReference, limits: Limits): boolean =>
  filter.select.some(
    (pattern) =>
      matchWildcard(pattern, image.canonical, limits) ||
      (image.tag !== undefined && image.digest !== undefined && matchWildcard(pattern, image.withTag, limits)),
  );

/** Whether the entry excuses the image: only the canonical reference counts. */
export const skipsImage = (filter: ReferenceFilter, image: ImageReference, limits: Limits): boolean =>
  filter.skip.some((pattern) => matchWildcard(pattern, image.canonical, limits));
