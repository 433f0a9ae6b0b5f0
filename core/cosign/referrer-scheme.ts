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

/** What a referrer says of itself. For people only: it is not checked against the content. */
export interface ReferrerClaim {
  /** `unknown`: a bundle that does not say what it holds. */
  readonly purpose: EntityPurpose | "unknown";
  readonly predicateType?: string;
}

/**
 * The claim of a listed referrer; `undefined` for one that holds neither signatures nor attestations. Where its
 * manifest is known, that counts more: lists that clients keep behind the fallback tag often leave annotations out.
 */
export function referrerClaim(
  { artifactType = "", annotations }: Descriptor,
  manifest?: Manifest,
): ReferrerClaim | undefined {
  const bundle = manifest?.layers.find(({ mediaType }) => isBundleMediaType(mediaType))?.mediaType;
  const types = [manifest?.artifactType, manifest?.config?.mediaType, bundle, artifactType];
  const type = types.find((one = "") => isBundleMediaType(one) || artifactPurpose(one) !== undefined);
  if (type === undefined) return undefined;
  const predicateType = manifest?.annotations[predicateTypeAnnotation] ?? annotations?.[predicateTypeAnnotation];
  const purpose = artifactPurpose(type) ?? bundlePurpose(predicateType);
  return { purpose, ...(predicateType === undefined ? {} : { predicateType }) };
}

function bundlePurpose(predicateType: string | undefined): ReferrerClaim["purpose"] {
  if (predicateType === undefined) return "unknown";
  return predicateType === cosignSignPredicateType ? "signature" : "attestation";
}
