/** Sigstore bundles for tests, as JSON. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { entryJson } from "../../lab/bundle.ts";
import { newRekorV1, plainEntry } from "../../lab/plain-entry.ts";
import { bodyOf, signedEnvelope, signedMessage } from "../../lab/plain-signed.ts";

const contentJson = ({ content, signature }: LoggedSignature): JsonObject =>
  content.kind === "dsse"
    ? {
        dsseEnvelope: {
          payload: encodeBase64(content.payload),
          payloadType: content.payloadType,
          signatures: [{ sig: encodeBase64(signature) }],
        },
      }
    : {
        messageSignature: {
          messageDigest: { algorithm: "SHA2_256", digest: encodeBase64(content.digests.sha256 as Uint8Array) },
          signature: encodeBase64(signature),
        },
      };

export const log = newRekorV1();
export const message = signedMessage("certificate").logged;
export const envelope = signedEnvelope("certificate").logged;
export const messageEntry = plainEntry(log, bodyOf("hashedrekord 0.0.1", message));
export const envelopeEntry = plainEntry(log, bodyOf("dsse 0.0.1", envelope));

export const mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";
export const certificateOf = ({ verifier }: LoggedSignature): string =>
  "certificate" in verifier ? encodeBase64(verifier.certificate.der) : "";

/** Version 0.3, certificate, one entry of Rekor v1, one timestamp of three bytes. */
export const bundleJson = (logged = message, entry = messageEntry): JsonObject => ({
  mediaType,
  verificationMaterial: {
    certificate: { rawBytes: certificateOf(logged) },
    tlogEntries: [entryJson(entry)],
    timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: "AAEC" }] },
  },
  ...contentJson(logged),
});
