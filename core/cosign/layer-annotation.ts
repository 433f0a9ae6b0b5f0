/**
 * The annotations of a layer in which cosign keeps what belongs to its signature. Source: cosign signature
 * specification (docs/spec/sigstore.md#tag-layout).
 */

export const layerAnnotation = {
  signature: "dev.cosignproject.cosign/signature",
  certificate: "dev.sigstore.cosign/certificate",
  chain: "dev.sigstore.cosign/chain",
  bundle: "dev.sigstore.cosign/bundle",
  timestamp: "dev.sigstore.cosign/rfc3161timestamp",
  /** Of an attestation: what type it has, for people. */
  predicateType: "predicateType",
} as const;
