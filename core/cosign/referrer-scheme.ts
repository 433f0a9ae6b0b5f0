/**
 * Which referrers of an image hold signatures and attestations. Source: OCI image 1.1 referrers, cosign's artifact
 * types, Sigstore bundle media types (docs/spec/sigstore.md#artifact-referrers, #bundle-referrers).
 */
import { cosignSignPredicateType } from "../dsse/predicate-types.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import type { Manifest } from "../oci/manifest.ts";
import type { EntityPurpose } from "./signed-entity.ts";

/** How a referrer stores what it holds: cosign's layers, or one Sigstore bundle. */
export type ReferrerScheme = "artifact" | "bundle";

const bundlePrefix = "application/vnd.dev.sigstore.bundle";
const artifactPurposes: Readonly<Record<string, EntityPurpose>> = {
  "application/vnd.dev.cosign.artifact.sig.v1+json": "signature",
  "application/vnd.dev.cosign.artifact.att.v1+json": "attestation",
};
/** In which a referrer says what type of statement it holds. */
export const predicateTypeAnnotation = "dev.sigstore.bundle.predicateType";

const artifactPurpose = (type: string): EntityPurpose | undefined =>
  Object.hasOwn(artifactPurposes, type) ? artifactPurposes[type] : undefined;

/**
 * The scheme of an artifact type that may hold what is looked for; `undefined` for every other referrer. A bundle tells
 * only inside what it holds.
 */
export function referrerScheme(type: string, purpose: EntityPurpose): ReferrerScheme | undefined {
  if (isBundleMediaType(type)) return "bundle";
  return artifactPurpose(type) === purpose ? "artifact" : undefined;
}

/**
 * The scheme of a referrer by its manifest: its artifact type, else its configuration's, else that of a layer which is
 * a bundle. Writers have left each of the first two wrong.
 */
export const manifestScheme = (
  { artifactType = "", config, layers }: Manifest,
  purpose: EntityPurpose,
): ReferrerScheme | undefined =>
  referrerScheme(artifactType, purpose) ??
  referrerScheme(config?.mediaType ?? "", purpose) ??
  (layers.some(({ mediaType }) => isBundleMediaType(mediaType)) ? "bundle" : undefined);

/** Whether a layer of this media type is a Sigstore bundle. */
export const isBundleMediaType = (type: string): boolean => type.startsWith(bundlePrefix);

/** The claims in a referrer list. For people only: they are not checked against the content. */
export interface ReferrerClaim {
  readonly purpose: EntityPurpose;
  readonly predicateType?: string;
}

/** The claim of a listed referrer; `undefined` for one that holds neither signatures nor attestations. */
export function referrerClaim({ artifactType = "", annotations }: Descriptor): ReferrerClaim | undefined {
  const predicateType = annotations?.[predicateTypeAnnotation];
  const bundlePurpose = predicateType === cosignSignPredicateType ? "signature" : "attestation";
  const purpose = isBundleMediaType(artifactType) ? bundlePurpose : artifactPurpose(artifactType);
  if (purpose === undefined) return undefined;
  return { purpose, ...(predicateType === undefined ? {} : { predicateType }) };
}
