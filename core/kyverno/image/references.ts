/** Which images a `verifyImages` entry speaks of. Source: kyverno.md sections 4.3 and 17. */
import type { ImageReference } from "../../oci/reference.ts";
import { compileWildcard, type Wildcard } from "../../patterns/wildcard.ts";

export interface ReferenceFilter {
  readonly select: readonly Wildcard[];
  readonly skip: readonly Wildcard[];
}

export const compileReferenceFilter = (imageReferences: readonly string[], skipImageReferences: readonly string[]): ReferenceFilter => ({
  select: imageReferences.map(compileWildcard),
  skip: skipImageReferences.map(compileWildcard),
});

/**
 * Whether the entry selects the image: a pattern matches the reference with its tag or the one with its digest.
 * Differs: Kyverno matches the canonical reference alone, so a digest takes the tag away.
 */
export const selectsImage = (filter: ReferenceFilter, image: ImageReference): boolean =>
  filter.select.some((pattern) => pattern.matches(image.canonical) || (image.tag !== undefined && image.digest !== undefined && pattern.matches(image.withTag)));

/** Whether the entry excuses the image: only the canonical reference counts. */
export const skipsImage = (filter: ReferenceFilter, image: ImageReference): boolean => filter.skip.some((pattern) => pattern.matches(image.canonical));
