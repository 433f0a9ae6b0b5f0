/**
 * JSON values whose text reads as the same value again. Source: RFC 8259, RFC 7493.
 */
import { EngineError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { toWellFormed } from "./utf8.ts";

/**
 * The text: members in their order, and a zero below zero as such, which `JSON.stringify` writes as 0. What has no
 * value is left out.
 * @throws EngineError `malformed` for a number that is too large for JSON's readers to agree on.
 */
export function encodeJsonText(value: object | JsonValue): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "number" && !Number.isFinite(value)) throw new EngineError("malformed", "number out of range");
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(encodeJsonText).join(",")}]`;
  let text = "";
  for (const [name, member] of Object.entries(value))
    if (member !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${encodeJsonText(member)}`;
  return `{${text}}`;
}

/** The same with texts that a strict reader takes: no half of a surrogate pair stands alone. */
export const withWellFormedTexts = (value: JsonObject): JsonObject =>
  JSON.parse(JSON.stringify(value), (_, part) => (typeof part === "string" ? toWellFormed(part) : part)) as JsonObject;

const pairOrEscape = /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\./gs;

/** JSON text in which U+FFFD replaces each escape of half a surrogate pair, as Go's encoding/json reads it. */
export const withoutLoneEscapes = (json: string): string =>
  json.includes("\\u") ? json.replace(pairOrEscape, (found) => (found.length === 6 ? "\\ufffd" : found)) : json;
