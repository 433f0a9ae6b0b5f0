/**
 * Readers of protobuf messages in JSON, stricter than the mapping allows: camelCase names, padded standard base64,
 * integers in canonical decimal. Source: protobuf ProtoJSON, Sigstore client specification §5. The document must have
 * been parsed with `exactIntegers` and `integersOnly`.
 */
import { EngineError } from "../errors.ts";
import { decodeBase64, unwrapBase64 } from "./base64.ts";
import { parseInstant, type ValidityPeriod } from "./instant.ts";
import type { JsonArray, JsonObject, JsonOptions, JsonValue } from "./json.ts";
import { member, readArray, readObject, readString, refuseUnknownKeys } from "./shape.ts";

/** Options of `parseJson` for such documents. */
export const protoJsonOptions = (subject: string, maxBytes: number, limits: JsonOptions["limits"]): JsonOptions => ({
  exactIntegers: true,
  integersOnly: true,
  subject,
  maxBytes,
  limits,
});

/** A message with no other fields than `known`. */
export function readMessage(value: JsonValue | undefined, known: ReadonlySet<string>, at: string): JsonObject {
  const object = readObject(value, at);
  refuseUnknownKeys(object, known, at);
  return object;
}

/** A message field that may be absent. */
export function optionalMessage(
  object: JsonObject,
  key: string,
  known: ReadonlySet<string>,
  at: string,
): JsonObject | undefined {
  const value = member(object, key);
  return value === undefined ? undefined : readMessage(value, known, `${at}/${key}`);
}

/** A repeated field; absent is empty. */
export const readRepeated = (object: JsonObject, key: string, at: string): JsonArray =>
  readArray(member(object, key) ?? [], `${at}/${key}`);

/** A string field; absent is empty. */
export const readText = (object: JsonObject, key: string, at: string): string =>
  readString(member(object, key) ?? "", `${at}/${key}`);

/**
 * The bytes of a text in padded standard base64. Go's reader passes over line ends, and takes a text whose length with
 * them is no multiple of four for unpadded.
 * @throws EngineError `malformed`
 */
export function decodeProtoBase64(text: string, at: string): Uint8Array {
  const digits = unwrapBase64(text);
  try {
    if (digits !== text && text.length % 4 !== 0 && digits.endsWith("="))
      throw new EngineError("malformed", "padding, and line ends that make the length no multiple of four");
    return decodeBase64(digits);
  } catch (error) {
    throw new EngineError("malformed", "not base64", { subject: at, cause: error });
  }
}

/** A bytes field; absent is empty. */
export const readBytes = (object: JsonObject, key: string, at: string): Uint8Array =>
  decodeProtoBase64(readText(object, key, at), `${at}/${key}`);

/** A bytes field that must not be empty. */
export function requireBytes(object: JsonObject, key: string, at: string): Uint8Array {
  const bytes = readBytes(object, key, at);
  if (bytes.length === 0) throw new EngineError("malformed", "missing or empty", { subject: `${at}/${key}` });
  return bytes;
}

const maxInt64 = 2n ** 63n - 1n;

/** An int64 field that must not be negative, as a number or a decimal string; absent is 0. */
export function readCount(object: JsonObject, key: string, at: string): bigint {
  const value = member(object, key) ?? 0;
  const count =
    typeof value === "number"
      ? BigInt(value)
      : typeof value === "string" && /^(?:0|[1-9][0-9]{0,18})$/.test(value)
        ? BigInt(value)
        : -1n;
  if (count < 0n || count > maxInt64)
    throw new EngineError("malformed", "not an integer from 0 to 2^63 - 1", { subject: `${at}/${key}` });
  return count;
}

/** A Timestamp field. */
export function optionalInstant(object: JsonObject, key: string, at: string): Date | undefined {
  const value = member(object, key);
  return value === undefined ? undefined : parseInstant(readString(value, `${at}/${key}`), `${at}/${key}`);
}

const rangeKeys: ReadonlySet<string> = new Set(["start", "end"]);

/** A TimeRange field; absent, or without an end, is open. */
export function readPeriod(object: JsonObject, key: string, at: string): ValidityPeriod {
  const range = optionalMessage(object, key, rangeKeys, at);
  if (range === undefined) return {};
  const start = optionalInstant(range, "start", `${at}/${key}`);
  const end = optionalInstant(range, "end", `${at}/${key}`);
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}
