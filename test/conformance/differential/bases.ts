/** Right artefacts that the differential run starts from: signer, layout, evidence and claim. */
import { labPredicateType, type Recipe } from "../../lab/index.ts";

/** `saved`: judged as a folder that `cosign save` wrote. */
export interface Base {
  readonly recipe: Recipe;
  readonly saved?: boolean;
  /** Flags for cosign alone, where we need none. */
  readonly cosign?: readonly string[];
}

const attestation = { claim: "attestation", predicateType: labPredicateType } as const;
const v1 = ["promise", "proof"] as const;
const v2 = ["rekor2", "timestamp"] as const;

export const bases: Readonly<Record<string, Base>> = {
  "key-tag": { recipe: { layout: "tag" } },
  "key-tag-unlogged": { recipe: { layout: "tag", evidence: [] } },
  "key-tag-timestamp": { recipe: { layout: "tag", evidence: ["promise", "timestamp"] } },
  "key-tag-attestation": { recipe: { layout: "tag", ...attestation } },
  "key-tag-attestation-dsse": { recipe: { layout: "tag", entryKind: "dsse 0.0.1", ...attestation } },
  "key-tag-attestation-intoto001": { recipe: { layout: "tag", entryKind: "intoto 0.0.1", ...attestation } },
  "key-tag-index": { recipe: { layout: "tag", image: "index" } },
  "key-artifact": { recipe: { layout: "artifact" }, cosign: ["--experimental-oci11"] },
  "key-artifact-attestation": { recipe: { layout: "artifact", ...attestation }, cosign: ["--experimental-oci11"] },
  "key-saved-tag": { recipe: { layout: "tag" }, saved: true },
  "key-saved-bundle": { recipe: {}, saved: true },
  "key-bundle": { recipe: { evidence: v1 } },
  "key-bundle-unlogged": { recipe: { evidence: [] } },
  "key-bundle-timestamp": { recipe: { evidence: ["timestamp"] } },
  "key-bundle-rekor2": { recipe: { evidence: v2 } },
  "key-bundle-attestation": { recipe: { evidence: v1, ...attestation } },
  "key-bundle-blob": { recipe: { evidence: v1, claim: "blob" } },
  "key-index-bundle": { recipe: { evidence: v1, image: "index" } },
  "key-file": { recipe: { layout: "file", claim: "blob", evidence: v1 } },
  "key-file-promise": { recipe: { layout: "file", claim: "blob", evidence: ["promise"] } },
  "key-file-proof": { recipe: { layout: "file", claim: "blob", evidence: ["proof"] } },
  "key-file-rekor2": { recipe: { layout: "file", claim: "blob", evidence: v2 } },
  "key-file-attestation": { recipe: { layout: "file", evidence: v1, ...attestation } },
  "certificate-tag": { recipe: { layout: "tag", by: "certificate" } },
  "certificate-tag-timestamp": { recipe: { layout: "tag", by: "certificate", evidence: ["promise", "timestamp"] } },
  "certificate-tag-attestation": { recipe: { layout: "tag", by: "certificate", ...attestation } },
  "certificate-tag-attestation-timestamp": {
    recipe: { layout: "tag", by: "certificate", evidence: ["promise", "timestamp"], ...attestation },
  },
  "certificate-artifact": { recipe: { layout: "artifact", by: "certificate" }, cosign: ["--experimental-oci11"] },
  "certificate-saved-tag": { recipe: { layout: "tag", by: "certificate" }, saved: true },
  "certificate-saved-bundle": { recipe: { by: "certificate", evidence: v2 }, saved: true },
  "certificate-bundle": { recipe: { by: "certificate", evidence: v1 } },
  "certificate-bundle-unlogged": { recipe: { by: "certificate", evidence: ["timestamp"] } },
  "certificate-bundle-rekor2": { recipe: { by: "certificate", evidence: v2 } },
  "certificate-bundle-both": { recipe: { by: "certificate", evidence: ["promise", "proof", "rekor2", "timestamp"] } },
  "certificate-bundle-attestation": { recipe: { by: "certificate", evidence: v2, ...attestation } },
  "certificate-file": { recipe: { layout: "file", claim: "blob", by: "certificate", evidence: v1 } },
  "certificate-file-promise": { recipe: { layout: "file", claim: "blob", by: "certificate", evidence: ["promise"] } },
  "certificate-file-rekor2": { recipe: { layout: "file", claim: "blob", by: "certificate", evidence: v2 } },
  "certificate-file-two-times": {
    recipe: { layout: "file", claim: "blob", by: "certificate", evidence: ["rekor2", "timestamp", "timestamp2"] },
  },
  "certificate-file-attestation": { recipe: { layout: "file", by: "certificate", evidence: v1, ...attestation } },
  "certificate-file-attestation-intoto": {
    recipe: { layout: "file", by: "certificate", evidence: v1, entryKind: "intoto 0.0.2", ...attestation },
  },
  "certificate-file-v02": {
    recipe: { layout: "file", claim: "blob", by: "certificate", evidence: v1, version: "0.2" },
  },
};

/** Bases that are made with every type of key. */
export const basesOfEveryKey: readonly string[] = [
  "key-tag",
  "key-tag-unlogged",
  "key-bundle",
  "key-file",
  "key-bundle-rekor2",
  "certificate-bundle",
];
