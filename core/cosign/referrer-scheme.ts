/**
 * Which referrers of an image hold signatures. Source: OCI image 1.1 referrers, cosign's artifact types, Sigstore
 * bundle media types (docs/spec/sigstore.md#artifact-referrers, #bundle-referrers).
 */
import type { EntityPurpose } from "./signed-entity.ts";

/** How a referrer stores what it holds: cosign's layers, or one Sigstore bundle. */
export type ReferrerScheme = "artifact" | "bundle";

const bundlePrefix = "application/vnd.dev.sigstore.bundle";
const artifactType = {
  signature: "application/vnd.dev.cosign.artifact.sig.v1+json",
  attestation: "application/vnd.dev.cosign.artifact.att.v1+json",
} as const;

/**
 * The scheme of an artifact type that may hold what is looked for; `undefined` for every other referrer. A bundle tells
 * only inside what it holds.
 */
export function referrerScheme(type: string, purpose: EntityPurpose): ReferrerScheme | undefined {
  if (type.startsWith(bundlePrefix)) return "bundle";
  return type === artifactType[purpose] ? "artifact" : undefined;
}

/** Whether a layer of this media type is a Sigstore bundle. */
export const isBundleMediaType = (type: string): boolean => type.startsWith(bundlePrefix);
