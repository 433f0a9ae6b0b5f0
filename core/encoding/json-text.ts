/**
 * A JSON value as text that reads as the same value again: members in their order, and a zero below zero as such, which
 * `JSON.stringify` writes as 0. Source: RFC 8259.
 */
import type { JsonValue } from "./json.ts";

/** What has no value is left out. */
export function encodeJsonText(value: object | JsonValue): string {
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(encodeJsonText).join(",")}]`;
  let text = "";
  for (const [name, member] of Object.entries(value))
    if (member !== undefined) text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${encodeJsonText(member)}`;
  return `{${text}}`;
}
