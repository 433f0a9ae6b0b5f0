/** Signatures as a log is asked about them, by a key or a certificate of its own, and what logs say of them. */
import { sha256 } from "../../core/crypto/digest.ts";
import { encodePae } from "../../core/dsse/envelope.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import type { JsonObject } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { LoggedSignature } from "../../core/tlog/log-entry.ts";
import { type EntryKind, entryBody, type Logged } from "./entry-body.ts";
import { type LabKey, newKey, pemOf } from "./keys.ts";
import { leafExtensions, plainAuthority, plainCertificate } from "./plain-certificate.ts";

export interface PlainSigned {
  readonly key: LabKey;
  readonly logged: LoggedSignature;
}

const inToto = "application/vnd.in-toto+json";

function signerOf(kind: "key" | "certificate"): { key: LabKey; verifier: LoggedSignature["verifier"] } {
  const key = newKey();
  if (kind === "key") return { key, verifier: { key: key.publicKey } };
  const certificate = plainCertificate({
    key,
    issuer: plainAuthority("Fulcio"),
    extensions: leafExtensions,
    notBefore: new Date("2026-03-01T11:55:00Z"),
    notAfter: new Date("2026-03-01T12:05:00Z"),
  });
  return { key, verifier: { certificate } };
}

export function signedMessage(kind: "key" | "certificate" = "key", text = "payload"): PlainSigned {
  const { key, verifier } = signerOf(kind);
  const message = encodeUtf8(text);
  const content = { kind: "message", digests: { sha256: sha256(message) } } as const;
  return { key, logged: { signature: key.sign(message), verifier, content } };
}

export function signedEnvelope(kind: "key" | "certificate" = "key", payloadType = inToto): PlainSigned {
  const { key, verifier } = signerOf(kind);
  const payload = encodeUtf8('{"_type":"https://in-toto.io/Statement/v1"}');
  const signature = key.sign(encodePae(payloadType, payload));
  const envelopeBytes = encodeUtf8(
    JSON.stringify({ payloadType, payload: encodeBase64(payload), signatures: [{ sig: encodeBase64(signature) }] }),
  );
  return { key, logged: { signature, verifier, content: { kind: "dsse", payloadType, payload, envelopeBytes } } };
}

function contentOf({ content }: LoggedSignature): Logged["content"] {
  if (content.kind === "dsse") {
    const { payloadType, payload, envelopeBytes: envelope } = content;
    if (envelope === undefined) throw new Error("the bytes of the envelope are not known");
    return { payloadType, payload, envelope };
  }
  const { sha256: digest } = content.digests;
  if (digest === undefined) throw new Error("the SHA-256 of the message is not known");
  return { digest };
}

function verifierOf({ verifier }: LoggedSignature): Logged["verifier"] {
  if ("key" in verifier) return { publicKey: verifier.key, pem: pemOf("PUBLIC KEY", verifier.key.spki) };
  const { der, publicKey } = verifier.certificate;
  if (publicKey === undefined) throw new Error("a certificate of a key that nobody reads");
  return { publicKey, der, pem: pemOf("CERTIFICATE", der) };
}

/** What a log says of the signature. */
export const bodyOf = (kind: EntryKind, logged: LoggedSignature): JsonObject =>
  entryBody(kind, {
    signature: logged.signature,
    verifier: verifierOf(logged),
    content: contentOf(logged),
  }) as unknown as JsonObject;
