/**
 * DSSE envelopes and what their signatures cover. Source: DSSE 1.0 envelope and protocol, RFC 4648 §4 and §5.
 *
 * The envelope, and the pre-authentication encoding that its signatures cover, with lengths in bytes:
 *
 *     {"payloadType":"application/vnd.in-toto+json","payload":"eyJfdHlwZSI6ImEifQ==","signatures":[{"sig":"MEUCIQ…"}]}
 *
 *     DSSEv1 28 application/vnd.in-toto+json 13 {"_type":"a"}
 */
import { decodeBase64Url, decodeWrappedBase64, unwrapBase64 } from "../encoding/base64.ts";
import { decodeProtoBase64 } from "../encoding/proto-json.ts";
import { concat } from "../encoding/bytes.ts";
import { type JsonObject, type JsonValue, parseJson } from "../encoding/json.ts";
import { member, pointer, readArray, readObject, readString, refuseUnknownKeys } from "../encoding/shape.ts";
import { encodeUtf8 } from "../encoding/utf8.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";

/** `keyid` is an unauthenticated hint; `sig` is not empty. */
export interface EnvelopeSignature {
  readonly keyid?: string;
  readonly sig: Uint8Array;
}

/** `payload` is the decoded body; there is at least one signature. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly EnvelopeSignature[];
}

/** The one payload type of attestations and of signatures in bundles. */
export const inTotoPayloadType = "application/vnd.in-toto+json";

/** The pre-authentication encoding: the bytes that a signature of an envelope covers. Lengths count bytes of UTF-8. */
export function encodePae(payloadType: string, payload: Uint8Array): Uint8Array {
  const { length } = encodeUtf8(payloadType);
  return concat(encodeUtf8(`DSSEv1 ${length} ${payloadType} ${payload.length} `), payload);
}

type Decode = (text: string, at: string) => Uint8Array;

/** Padded text in the standard alphabet, else in the URL-safe one, in lines or not: as the reference library tries. */
function decodeEitherBase64(text: string, at: string): Uint8Array {
  try {
    return /[-_]/.test(text) ? decodeBase64Url(unwrapBase64(text)) : decodeWrappedBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}

function decodeMember(object: JsonObject, key: string, decode: Decode, at: string): Uint8Array {
  const here = pointer(at, key);
  return decode(readString(member(object, key), here), here);
}

function readMembers(object: JsonObject, decode: Decode, at: string, strict: boolean, limits: Limits): Envelope {
  const list = readArray(member(object, "signatures"), `${at}/signatures`);
  if (list.length === 0)
    throw new EngineError("malformed", "envelope without signatures", { subject: `${at}/signatures` });
  if (list.length > limits.envelopeSignatures) {
    throw new EngineError(
      "over-limit",
      `${list.length} signatures on an envelope, at most ${limits.envelopeSignatures} are read`,
      {
        subject: `${at}/signatures`,
      },
    );
  }
  const signatures = list.map((entry, index): EnvelopeSignature => {
    const here = pointer(`${at}/signatures`, index);
    const signature = readObject(entry, here);
    if (strict) refuseUnknownKeys(signature, signatureKeys, here);
    const sig = decodeMember(signature, "sig", decode, here);
    if (sig.length === 0) throw new EngineError("malformed", "empty signature", { subject: `${here}/sig` });
    const keyid = member(signature, "keyid");
    return keyid === undefined ? { sig } : { keyid: readString(keyid, `${here}/keyid`), sig };
  });
  return {
    payloadType: readString(member(object, "payloadType"), `${at}/payloadType`),
    payload: decodeMember(object, "payload", decode, at),
    signatures,
  };
}

const signatureKeys: ReadonlySet<string> = new Set(["keyid", "sig"]);
const envelopeKeys: ReadonlySet<string> = new Set(["payloadType", "payload", "signatures"]);

/**
 * The envelope that is an attestation layer's content. Unknown fields are ignored: some writers put certificates beside
 * the signatures.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function parseEnvelope(document: Uint8Array | string, limits: Limits): Envelope {
  const object = readObject(parseJson(document, { maxBytes: limits.blobBytes, subject: "DSSE envelope", limits }), "");
  return readMembers(object, decodeEitherBase64, "", false, limits);
}

/**
 * The envelope inside a bundle, by protobuf's JSON rules: unknown fields are refused, base64 is padded.
 * @throws EngineError `malformed`, `over-limit`.
 */
export function readEnvelope(value: JsonValue | undefined, at: string, limits: Limits): Envelope {
  const object = readObject(value, at);
  refuseUnknownKeys(object, envelopeKeys, at);
  return readMembers(object, decodeProtoBase64, at, true, limits);
}
