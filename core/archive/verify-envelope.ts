/**
 * Who signed an archive or a snapshot: an envelope is accepted if one of its signatures is by one of the accepted keys.
 * Source: docs/spec/archive.md#signature, DSSE 1.0 protocol.
 */
import type { PublicKey } from "../crypto/public-key.ts";
import type { SignatureVerifier } from "../crypto/signature-verifier.ts";
import { encodePae, type Envelope, inTotoPayloadType, parseEnvelope } from "../dsse/envelope.ts";
import { decodeBase64, encodeBase64 } from "../encoding/base64.ts";
import { equalBytes } from "../encoding/bytes.ts";
import { encodeCanonicalJson } from "../encoding/canonical-json.ts";
import { decodeUtf8, encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { corruptArchive, readingArchive } from "./corrupt.ts";

/** The bytes that a signature of a statement covers. */
export const signedBytes = (payload: Uint8Array): Uint8Array => encodePae(inTotoPayloadType, payload);

/** The envelope of a statement with one signature; `keyid` is the key's fingerprint. */
export const encodeSignedStatement = (payload: Uint8Array, keyid: string, sig: Uint8Array): Uint8Array =>
  encodeUtf8(
    encodeCanonicalJson({
      payload: encodeBase64(payload),
      payloadType: inTotoPayloadType,
      signatures: [{ keyid, sig: encodeBase64(sig) }],
    }),
  );

/** The envelope of a statement that nobody signs. */
export const encodeUnsignedStatement = (payload: Uint8Array): Uint8Array =>
  encodeUtf8(encodeCanonicalJson({ payload: encodeBase64(payload), payloadType: inTotoPayloadType, signatures: [] }));

/** Whether a document is exactly what {@link encodeUnsignedStatement} writes; then it has this payload. */
export function findUnsignedStatement(document: Uint8Array, limits: Limits): Uint8Array | undefined {
  if (document.length > 2 * limits.archiveStatementBytes) return undefined;
  const text = decodeUtf8(document);
  const [, payload] = unsignedForm.exec(text) ?? [];
  if (payload === undefined) return undefined;
  const bytes = decodeBase64(payload);
  return equalBytes(encodeUnsignedStatement(bytes), document) ? bytes : undefined;
}

const unsignedForm = /^\{"payload":"([A-Za-z0-9+/=]*)","payloadType":"[a-z/.+-]*","signatures":\[\]\}$/;

/** What an accepted envelope holds, and whose key it was. */
export interface AcceptedStatement {
  readonly payload: Uint8Array;
  readonly key: PublicKey;
}

/** The envelope that a document is. @throws EngineError `archive-corrupt`, `over-limit`. */
export function readSignedEnvelope(document: Uint8Array, subject: string, limits: Limits): Envelope {
  const most = 2 * limits.archiveStatementBytes;
  if (document.length > most)
    throw new EngineError("over-limit", `a signed statement of more than ${most} bytes`, { subject });
  const envelope = readingArchive(subject, () => parseEnvelope(document, limits));
  if (envelope.payloadType !== inTotoPayloadType)
    throw corruptArchive(`a payload of type ${JSON.stringify(envelope.payloadType.slice(0, 128))}`, subject);
  return envelope;
}

/**
 * The payload of an envelope, if one of `keys` signed it. Names of keys in the envelope are not believed.
 * @throws EngineError `archive-signature`.
 */
export function verifySignedStatement(
  { payload, signatures }: Envelope,
  keys: readonly PublicKey[],
  verifier: SignatureVerifier,
  subject: string,
): AcceptedStatement {
  const message = signedBytes(payload);
  for (const key of keys)
    for (const { sig } of signatures)
      if (verifier.verify({ scheme: "ecdsa", hash: "sha256" }, key, { message }, sig)) return { payload, key };
  const named = signatures.map(({ keyid }) => keyid?.slice(0, 64) ?? "a key without a name");
  const accepted = keys.map(({ fingerprint }) => fingerprint);
  const forged = accepted.find((fingerprint) => named.includes(fingerprint));
  // Anybody can write a name: one of ours must not look as if the key were right and the program wrong.
  const why =
    forged === undefined
      ? `it names as its signer ${named.join(", ")}; accepted: ${accepted.length === 0 ? "none" : accepted.join(", ")}`
      : `it says that ${forged} signed it, which did not: it was changed, or made by somebody else`;
  throw new EngineError("archive-signature", why, {
    subject,
    remedy: forged === undefined ? undefined : "archive-forged",
  });
}
