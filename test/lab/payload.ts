/**
 * What is signed about an image: simple signing payloads, in-toto statements, envelopes. Source: containers/image
 * simple signing, in-toto attestation, DSSE 1.0.
 */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";
import type { Digest } from "../../core/crypto/digest.ts";
import type { Json } from "./trusted-root.ts";

export const simpleSigning = (
  digest: Digest,
  repository: string,
  annotations: Readonly<Record<string, string>> = {},
): Json => ({
  critical: {
    identity: { "docker-reference": repository },
    image: { "docker-manifest-digest": digest },
    type: "cosign container image signature",
  },
  optional: Object.keys(annotations).length === 0 ? null : annotations,
});

export const statementTypes = {
  "0.1": "https://in-toto.io/Statement/v0.1",
  "1": "https://in-toto.io/Statement/v1",
} as const;

export interface StatementOptions {
  readonly type?: keyof typeof statementTypes;
  readonly predicateType: string;
  readonly predicate?: Json;
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const statement = (
  digest: Digest,
  { type = "1", predicateType, predicate = {}, name = "", annotations }: StatementOptions,
): Json => ({
  _type: statementTypes[type],
  predicateType,
  subject: [
    {
      ...(name === "" ? {} : { name }),
      digest: { sha256: digest.slice("sha256:".length) },
      ...(annotations === undefined ? {} : { annotations }),
    },
  ],
  predicate,
});

/** The envelope as a layer keeps it. */
export const envelopeJson = (
  payloadType: string,
  payload: Uint8Array,
  signatures: readonly Uint8Array[],
  keyid = "",
): Json => ({
  payloadType,
  payload: encodeBase64(payload),
  signatures: signatures.map((signature) => ({ keyid, sig: encodeBase64(signature) })),
});

export const jsonBytes = (value: Json): Uint8Array =>
  value instanceof Uint8Array ? value : encodeUtf8(JSON.stringify(value));
