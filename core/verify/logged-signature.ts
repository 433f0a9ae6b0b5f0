/** What a log entry must record, for one candidate and one signer. Source: docs/spec/sigstore.md#rekor-v1-entries. */
import type { SignedContent, SignedEntity } from "../cosign/signed-entity.ts";
import { sha256 } from "../crypto/digest.ts";
import type { EntryLayout, LoggedContent, LoggedSignature } from "../tlog/log-entry.ts";
import { type Claim, claimedDigest } from "./claim.ts";
import type { Signer } from "./signer.ts";

/** A layer's log entry records less than a bundle's. */
export const entryLayout = (entity: SignedEntity): EntryLayout =>
  entity.source.layout === "tag" || entity.source.layout === "artifact" ? "layer" : "bundle";

function loggedContent(content: SignedContent, claim: Claim): LoggedContent {
  switch (content.kind) {
    case "simple-signing":
      return { kind: "message", digests: { sha256: sha256(content.payload) }, message: content.payload };
    case "dsse": {
      const { envelope, envelopeBytes } = content;
      return {
        kind: "dsse",
        payloadType: envelope.payloadType,
        payload: envelope.payload,
        ...(envelopeBytes === undefined ? {} : { envelopeBytes }),
      };
    }
    case "message": {
      const digests = { sha256: claimedDigest(claim, "sha256") as Uint8Array };
      const { bytes } = claim;
      if (bytes === undefined) return { kind: "message", digests };
      return {
        kind: "message",
        digests,
        // Read only if the entry has another digest than SHA-256.
        get message() {
          return bytes();
        },
      };
    }
  }
}

/**
 * The verifier that the entry must record: the key of a policy's certificate, unless the bundle itself names the
 * certificate.
 */
function loggedVerifier(entity: SignedEntity, signer: Signer): LoggedSignature["verifier"] {
  if (signer.kind === "issued") return { certificate: signer.certificate };
  const carried = signer.kind === "policy" && entryLayout(entity) === "bundle" ? entity.certificate() : undefined;
  return carried === undefined ? { key: signer.key } : { certificate: carried.certificate };
}

export const loggedSignature = (
  entity: SignedEntity,
  content: SignedContent,
  signature: Uint8Array,
  signer: Signer,
  claim: Claim,
): LoggedSignature => ({
  signature,
  verifier: loggedVerifier(entity, signer),
  content: loggedContent(content, claim),
});
