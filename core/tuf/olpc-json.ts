/**
 * The canonical JSON over which TUF signs. Source: OLPC canonical JSON, TUF 1.0 §4.2. It is not RFC 8785: strings stand
 * raw.
 */
import type { IntegerJson, IntegerJsonObject } from "../encoding/json.ts";

/** Only these two characters are escaped; a line feed within a PEM text stays one. */
const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/**
 * By code point, as the bytes of UTF-8 sort, in which Go and Python agree; JavaScript's own order differs beyond
 * U+FFFF.
 */
function byCodePoint(left: string, right: string): number {
  const [a, b] = [[...left], [...right]];
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const ascii = /^[\u0000-\u007f]*$/;

const sortedKeys = (object: IntegerJsonObject): readonly string[] => {
  const keys = Object.keys(object);
  return keys.every((key) => ascii.test(key)) ? keys.sort() : keys.sort(byCodePoint);
};

/** The canonical text: keys sorted, no white space, integers in decimal. */
export function encodeOlpcJson(value: IntegerJson): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${(value as readonly IntegerJson[]).map(encodeOlpcJson).join(",")}]`;
  const object = value as IntegerJsonObject;
  return `{${sortedKeys(object)
    .map((key) => `${quote(key)}:${encodeOlpcJson(object[key] as IntegerJson)}`)
    .join(",")}}`;
}
