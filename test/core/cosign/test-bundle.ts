/** Sigstore bundles for tests, as JSON. */
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import type { LogEntry, LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { bodies, signedEnvelope, signedMessage } from "../tlog/entry-bodies.ts";
import { logEntry, newLog } from "../tlog/test-log.ts";

/** The protobuf message of an entry, in JSON. */
export const entryJson = (entry: LogEntry): JsonObject => ({
  logIndex: String(entry.logIndex),
  logId: { keyId: encodeBase64(decodeHex(entry.logId)) },
  kindVersion: entry.kindVersion as JsonObject,
  ...(entry.integratedTime === undefined ? {} : { integratedTime: String(entry.integratedTime) }),
  ...(entry.inclusionPromise === undefined
    ? {}
    : { inclusionPromise: { signedEntryTimestamp: encodeBase64(entry.inclusionPromise) } }),
  ...(entry.inclusionProof === undefined
    ? {}
    : {
        inclusionProof: {
          logIndex: String(entry.inclusionProof.logIndex),
          rootHash: encodeBase64(entry.inclusionProof.rootHash),
          treeSize: String(entry.inclusionProof.treeSize),
          hashes: entry.inclusionProof.hashes.map(encodeBase64),
          checkpoint: { envelope: entry.inclusionProof.checkpoint },
        },
      }),
  canonicalizedBody: encodeBase64(entry.body),
});

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

export const log = newLog(1);
export const message = signedMessage("certificate").logged;
export const envelope = signedEnvelope("certificate").logged;
export const messageEntry = logEntry(log, bodies.hashedRekord(message));
export const envelopeEntry = logEntry(log, bodies.dsse(envelope));

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
