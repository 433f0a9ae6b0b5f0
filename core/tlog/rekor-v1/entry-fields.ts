/** Fields of Rekor v1's own JSON, in annotations and in answers of its API. Source: Rekor v1 OpenAPI, `LogEntry`. */
import { decodeBase64, unwrapBase64 } from "../../encoding/base64.ts";
import type { JsonValue } from "../../encoding/json.ts";
import { readInteger, readString } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";

/** A log id: 32 bytes in lower-case hexadecimal. */
export function readLogId(value: JsonValue | undefined, at: string): string {
  const text = readString(value, at);
  if (!/^[0-9a-f]{64}$/.test(text)) throw new EngineError("malformed", "not a log id", { subject: at });
  return text;
}

/** A JSON number that is an integer from 0 on. */
export function readWholeNumber(value: JsonValue | undefined, at: string): bigint {
  const number = readInteger(value, at);
  if (number < 0) throw new EngineError("malformed", "negative number", { subject: at });
  return BigInt(number);
}

/** Bytes of base64 that nothing signs as a text: in lines or not. */
export const readWrappedBase64 = (value: JsonValue | undefined, at: string): Uint8Array =>
  readEntryBase64(unwrapBase64(readString(value, at)), at);

/** Bytes of the one base64 text, which a promise is over. */
export function readEntryBase64(value: JsonValue | undefined, at: string): Uint8Array {
  const text = readString(value, at);
  try {
    return decodeBase64(text);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}
