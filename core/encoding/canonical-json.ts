/** Canonical JSON. Source: RFC 8785 (JCS). */
import { EngineError } from "../errors.ts";
import type { JsonValue } from "./json.ts";

/**
 * The canonical text: keys sorted by UTF-16 code unit, no white space, ECMAScript numbers.
 * @throws EngineError `malformed` on a number that JSON cannot write.
 */
export function encodeCanonicalJson(value: JsonValue): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new EngineError("malformed", "number that JSON cannot write");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  let text = "";
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) text += `${text === "" ? "" : ","}${encodeCanonicalJson(item)}`;
    return `[${text}]`;
  }
  const object = value as { readonly [key: string]: JsonValue };
  for (const key of Object.keys(object).sort())
    text += `${text === "" ? "" : ","}${JSON.stringify(key)}:${encodeCanonicalJson(object[key] as JsonValue)}`;
  return `{${text}}`;
}
