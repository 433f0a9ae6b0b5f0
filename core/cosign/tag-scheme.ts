/**
 * Where cosign keeps signatures beside an image: the tag made of its digest, and the annotations of the layers there.
 * Source: cosign signature specification (docs/spec/sigstore.md#tag-layout).
 */
import type { Digest } from "../crypto/digest.ts";
import type { EntityPurpose } from "./signed-entity.ts";

/**
 * The tag that holds signatures (`sha256-HEX.sig`) or attestations (`sha256-HEX.att`) of the image with this digest.
 */
export const signatureTag = (digest: Digest, purpose: EntityPurpose): string =>
  `${digest.replace(":", "-")}.${purpose === "signature" ? "sig" : "att"}`;

/** Annotations of a layer. */
export const layerAnnotation = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  bundle: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
} as const;
