/** The images of `test/fixtures/documentation`, one by one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeUtf8 } from "../../core/encoding/utf8.ts";
import { defaultLimits } from "../../core/limits.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { SignatureVerifier } from "../../core/crypto/signature-verifier.ts";
import { TrustCache } from "../../core/trust/trust-cache.ts";
import type { VerifyContext } from "../../core/verify/context.ts";
import { findSignedEntities } from "../../core/cosign/find-signed-entities.ts";
import type { SignedEntity } from "../../core/cosign/signed-entity.ts";
import { nodeVerifier } from "../../proxy/host/node-verifier.ts";
import { openLayout } from "../../proxy/archive/oci-layout.ts";
import type { SignedImage } from "./images.ts";
import { present } from "./rewrite-image.ts";
import { insteadPresent } from "./instead.ts";

const folder = fileURLToPath(new URL("../fixtures/documentation", import.meta.url));
export const fixtureBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(join(folder, path)));
export const fixtureText = (path: string): string => readFileSync(join(folder, path), "utf8");

const layout = openLayout(join(folder, "layout"), {
  complete: ["ghcr.io", "registry.io", "docker.io"],
  limits: defaultLimits,
});
const at = "2026-11-26T12:00:00Z";

/** The layout, and the trusted root of its keyless images. */
export const fixtureKnowledge = insteadPresent(
  layout,
  "trusted-root",
  { form: "pinned", bytes: fixtureBytes("trust/trusted-root.json") },
  { at, from: "test" },
);

export const testImages = "ghcr.io/kyverno/test-verify-image";

export function fixtureImage(tag: string, repository = testImages): SignedImage {
  const { digest } = present(layout, { kind: "tag", repository, tag }) as { readonly digest: Digest };
  return { repository, tag, digest, knowledge: fixtureKnowledge };
}

/** The only candidate of an image. */
export function fixtureEntity(
  tag: string,
  repository = testImages,
  purpose: "signature" | "attestation" = "signature",
): SignedEntity {
  const image = fixtureImage(tag, repository);
  const [entity, ...others] = findSignedEntities(
    image,
    { layouts: "all", purpose },
    image.knowledge,
    defaultLimits,
  ).entities;
  if (entity === undefined || others.length > 0)
    throw new Error(`${tag} has ${others.length + (entity === undefined ? 0 : 1)} candidates`);
  return entity;
}

export const fixtureContext = (
  changes: Partial<VerifyContext> = {},
  verifier: SignatureVerifier = nodeVerifier,
): VerifyContext => ({
  knowledge: fixtureKnowledge,
  now: new Date(at),
  verifier,
  trust: new TrustCache(verifier, { limits: defaultLimits }),
  trustRootName: "public-good",
  limits: defaultLimits,
  ...changes,
});

/** The Sigstore bundle of a keyless image, as JSON. */
export function fixtureBundle(tag = "signed-keyless", repository = testImages): string {
  const { source } = fixtureEntity(tag, repository);
  return decodeUtf8(present(layout, { kind: "blob", repository, digest: source.digest }) as Uint8Array);
}
