/**
 * Tags that hold what belongs to an image: cosign's scheme and the referrers fallback. Source:
 * docs/spec/sigstore.md#tag-layout, #referrers-and-the-fallback-tag.
 *
 * Of the image `sha256:91c2…`:
 *
 *     sha256-91c2….sig      its signatures
 *     sha256-91c2….att      its attestations
 *     sha256-91c2….sbom     its SBOMs
 *     sha256-91c2…          its referrers, an index in place of the API
 */
import { type Digest, isDigest } from "../crypto/digest.ts";

/** `referrers`: the index that replaces the referrers API. */
export type AssociatedKind = "signature" | "attestation" | "sbom" | "referrers";

const kinds: Readonly<Record<string, AssociatedKind>> = {
  ".sig": "signature",
  ".att": "attestation",
  ".sbom": "sbom",
  "": "referrers",
};
const pattern = /^sha256-([0-9a-f]{64})(\.sig|\.att|\.sbom|)$/;

/** The image that a tag belongs to and what it holds; `undefined` for the tag of an image. */
export function parseAssociatedTag(tag: string): { readonly image: Digest; readonly kind: AssociatedKind } | undefined {
  const [, hex = "", suffix = ""] = pattern.exec(tag) ?? [];
  const image = `sha256:${hex}`;
  const kind = kinds[suffix];
  return isDigest(image) && kind !== undefined ? { image, kind } : undefined;
}

/** The tag under which an image's signatures, attestations, SBOMs or (without suffix) referrers are kept. */
export function associatedTag(image: Digest, kind: AssociatedKind): string {
  const suffix = { signature: ".sig", attestation: ".att", sbom: ".sbom", referrers: "" }[kind];
  return `${image.replace(":", "-")}${suffix}`;
}
