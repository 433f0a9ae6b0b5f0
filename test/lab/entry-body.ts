/**
 * Bodies of log entries, in their canonical form. Source: Rekor v1 entry types, rekor-tiles hashedrekord.proto, RFC
 * 8785.
 */
import { digest, type HashName, sha256 } from "../../core/crypto/digest.ts";
import type { PublicKey } from "../../core/crypto/public-key.ts";
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeCanonicalJson } from "../../core/encoding/canonical-json.ts";
import { encodeHex } from "../../core/encoding/hex.ts";
import type { JsonValue } from "../../core/encoding/json.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import { encodePae } from "../../core/dsse/envelope.ts";
import { prehashedAlgorithm } from "../../core/tlog/key-details.ts";

/** A body as JSON that tests may change before it is logged. */
export interface EntryBody {
  kind: string;
  apiVersion: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests change any place of it
  spec: any;
}

export type EntryKind =
  | "hashedrekord 0.0.1"
  | "dsse 0.0.1"
  | "intoto 0.0.1"
  | "intoto 0.0.2"
  | "rekord 0.0.1"
  | "hashedrekord 0.0.2";

/** A key, or a certificate, which has DER. */
export interface LoggedVerifier {
  readonly pem: string;
  readonly publicKey: PublicKey;
  readonly der?: Uint8Array;
}

/** What is logged: a message with its hash, or its hash alone, or an envelope as it is stored. */
export interface Logged {
  readonly signature: Uint8Array;
  readonly verifier: LoggedVerifier;
  readonly content:
    | { readonly message: Uint8Array; readonly hash?: HashName }
    | { readonly digest: Uint8Array; readonly hash?: HashName }
    | { readonly payloadType: string; readonly payload: Uint8Array; readonly envelope: Uint8Array };
}

const text = (value: string | Uint8Array): string =>
  encodeBase64(typeof value === "string" ? encodeUtf8(value) : value);
const hashed = (bytes: Uint8Array): JsonValue => ({ algorithm: "sha256", value: encodeHex(sha256(bytes)) });

/** @throws Error where the kind does not fit the content: a test that wants that writes the body itself. */
export function entryBody(kind: EntryKind, { signature, verifier, content }: Logged): EntryBody {
  const [name, apiVersion] = kind.split(" ") as [string, string];
  const body = (spec: unknown): EntryBody => ({ kind: name, apiVersion, spec });
  if (kind === "hashedrekord 0.0.2") return body(recordV2({ signature, verifier, content }));
  if (!("envelope" in content)) {
    const { hash = "sha256" } = content;
    const value = "message" in content ? digest(hash, content.message) : content.digest;
    const data = { hash: { algorithm: hash, value: encodeHex(value) } };
    const signed = { content: text(signature), publicKey: { content: text(verifier.pem) } };
    if (kind === "hashedrekord 0.0.1") return body({ data, signature: signed });
    if (kind === "rekord 0.0.1") return body({ data, signature: { ...signed, format: "x509" } });
    throw new Error(`${kind} is about envelopes`);
  }
  const { payload, payloadType, envelope } = content;
  switch (kind) {
    case "dsse 0.0.1":
      return dsseBody({
        envelope,
        payload,
        signatures: [{ signature: text(signature), verifier: text(verifier.pem) }],
      });
    case "intoto 0.0.2": {
      const signatures = [{ publicKey: text(verifier.pem), sig: text(text(signature)) }];
      return body({
        content: { envelope: { payloadType, signatures }, hash: hashed(envelope), payloadHash: hashed(payload) },
      });
    }
    case "intoto 0.0.1":
      return body({ content: { hash: hashed(envelope), payloadHash: hashed(payload) }, publicKey: text(verifier.pem) });
    default:
      throw new Error(`${kind} is about messages`);
  }
}

/** An envelope as dsse 0.0.1 logs it. Signatures and PEM texts of verifiers are in base64. */
export const dsseBody = ({
  envelope,
  payload,
  signatures,
}: {
  readonly envelope: Uint8Array;
  readonly payload: Uint8Array;
  readonly signatures: readonly { readonly signature: string; readonly verifier: string }[];
}): EntryBody => ({
  kind: "dsse",
  apiVersion: "0.0.1",
  spec: { envelopeHash: hashed(envelope), payloadHash: hashed(payload), signatures },
});

function recordV2({ signature, verifier, content }: Logged): unknown {
  const algorithm = prehashedAlgorithm(verifier.publicKey);
  if (algorithm === undefined) throw new Error("a key that Rekor v2 does not know");
  const value =
    "digest" in content
      ? content.digest
      : digest(
          algorithm.hash,
          "message" in content ? content.message : encodePae(content.payloadType, content.payload),
        );
  const raw =
    verifier.der === undefined
      ? { publicKey: { rawBytes: text(verifier.publicKey.spki) } }
      : { x509Certificate: { rawBytes: text(verifier.der) } };
  return {
    hashedRekordV002: {
      data: { algorithm: algorithm.hashAlgorithm, digest: text(value) },
      signature: { content: text(signature), verifier: { keyDetails: algorithm.keyDetails, ...raw } },
    },
  };
}

export const encodeBody = (body: EntryBody | Uint8Array): Uint8Array =>
  body instanceof Uint8Array ? body : encodeUtf8(encodeCanonicalJson(body as never));

/** A leaf of somebody else. */
export const otherLeaf = (label: string): Uint8Array =>
  encodeUtf8(
    '{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256",' +
      `"value":"${encodeHex(sha256(encodeUtf8(label)))}"}}}}`,
  );
