/** Bodies of log entries for tests, about one signature. */
import { encodePae } from "../../../core/dsse/envelope.ts";
import { encodeBase64 } from "../../../core/encoding/base64.ts";
import { encodeHex } from "../../../core/encoding/hex.ts";
import type { JsonObject } from "../../../core/encoding/json.ts";
import { encodeUtf8 } from "../../../core/encoding/utf8.ts";
import type { LoggedSignature } from "../../../core/tlog/log-entry.ts";
import { leafExtensions, makeAuthority, makeCertificate, newKey, type TestKey } from "../x509/pki.ts";
import { pemOf, publicKeyOf, sha256 } from "./test-log.ts";

export interface Signed {
  readonly key: TestKey;
  readonly logged: LoggedSignature;
}

const inToto = "application/vnd.in-toto+json";

function signerOf(kind: "key" | "certificate"): { key: TestKey; verifier: LoggedSignature["verifier"] } {
  const key = newKey();
  if (kind === "key") return { key, verifier: { key: publicKeyOf(key) } };
  const authority = makeAuthority("Fulcio");
  return {
    key,
    verifier: {
      certificate: makeCertificate({
        key,
        issuer: authority,
        extensions: leafExtensions,
        notBefore: new Date("2026-03-01T11:55:00Z"),
        notAfter: new Date("2026-03-01T12:05:00Z"),
      }),
    },
  };
}

export function signedMessage(kind: "key" | "certificate" = "key", text = "payload"): Signed {
  const { key, verifier } = signerOf(kind);
  const message = encodeUtf8(text);
  return {
    key,
    logged: {
      signature: key.sign(message),
      verifier,
      content: { kind: "message", digests: { sha256: sha256(message) } },
    },
  };
}

export function signedEnvelope(kind: "key" | "certificate" = "key", payloadType = inToto): Signed {
  const { key, verifier } = signerOf(kind);
  const payload = encodeUtf8('{"_type":"https://in-toto.io/Statement/v1"}');
  const signature = key.sign(encodePae(payloadType, payload));
  const envelopeBytes = encodeUtf8(
    JSON.stringify({ payloadType, payload: encodeBase64(payload), signatures: [{ sig: encodeBase64(signature) }] }),
  );
  return { key, logged: { signature, verifier, content: { kind: "dsse", payloadType, payload, envelopeBytes } } };
}

export const verifierPem = ({ verifier }: LoggedSignature): string =>
  "certificate" in verifier ? pemOf(verifier.certificate.der, "CERTIFICATE") : pemOf(verifier.key.spki, "PUBLIC KEY");

const hashOf = (bytes: Uint8Array): JsonObject => ({ algorithm: "sha256", value: encodeHex(sha256(bytes)) });

const envelopeOf = ({ content }: LoggedSignature) => {
  if (content.kind !== "dsse") throw new Error("not an envelope");
  return content;
};
const digestOf = ({ content }: LoggedSignature): Uint8Array => {
  if (content.kind !== "message") throw new Error("not a message");
  return content.digests.sha256 as Uint8Array;
};

export const bodies = {
  hashedRekord: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: encodeHex(digestOf(logged)) } },
      signature: { content: encodeBase64(logged.signature), publicKey: { content: verifierPem(logged) } },
    },
  }),
  rekord: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.1",
    kind: "rekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: encodeHex(digestOf(logged)) } },
      signature: {
        format: "x509",
        content: encodeBase64(logged.signature),
        publicKey: { content: verifierPem(logged) },
      },
    },
  }),
  dsse: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: hashOf(envelopeOf(logged).envelopeBytes as Uint8Array),
      payloadHash: hashOf(envelopeOf(logged).payload),
      signatures: [{ signature: encodeBase64(logged.signature), verifier: verifierPem(logged) }],
    },
  }),
  inToto001: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.1",
    kind: "intoto",
    spec: {
      content: {
        hash: hashOf(envelopeOf(logged).envelopeBytes as Uint8Array),
        payloadHash: hashOf(envelopeOf(logged).payload),
      },
      publicKey: verifierPem(logged),
    },
  }),
  inToto002: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.2",
    kind: "intoto",
    spec: {
      content: {
        envelope: {
          payloadType: envelopeOf(logged).payloadType,
          signatures: [
            { publicKey: verifierPem(logged), sig: encodeBase64(encodeUtf8(encodeBase64(logged.signature))) },
          ],
        },
        hash: hashOf(envelopeOf(logged).envelopeBytes as Uint8Array),
        payloadHash: hashOf(envelopeOf(logged).payload),
      },
    },
  }),
  hashedRekord002: (logged: LoggedSignature): JsonObject => ({
    apiVersion: "0.0.2",
    kind: "hashedrekord",
    spec: {
      hashedRekordV002: {
        data: {
          algorithm: "SHA2_256",
          digest: encodeBase64(
            logged.content.kind === "message"
              ? digestOf(logged)
              : sha256(encodePae(logged.content.payloadType, logged.content.payload)),
          ),
        },
        signature: {
          content: encodeBase64(logged.signature),
          verifier: {
            keyDetails: "PKIX_ECDSA_P256_SHA_256",
            ...("certificate" in logged.verifier
              ? { x509Certificate: { rawBytes: encodeBase64(logged.verifier.certificate.der) } }
              : { publicKey: { rawBytes: encodeBase64(logged.verifier.key.spki) } }),
          },
        },
      },
    },
  }),
};
