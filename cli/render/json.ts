/** JSON for machines: log indexes and sizes as decimal strings, bytes as base64, instants as RFC 3339. */
import { encodeBase64 } from "../../core/encoding/base64.ts";
import { escapeHiddenJson } from "../../core/encoding/hidden-signs.ts";

/** A tree of JSON values. */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return encodeBase64(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, member]) =>
        member === undefined || typeof member === "function" ? [] : [[key, plain(member)]],
      ),
    );
  return value;
}

/** Two spaces, one newline at the end. */
export const toJsonText = (value: unknown): string => `${escapeHiddenJson(JSON.stringify(plain(value), null, 2))}\n`;

/** On one line, one newline at the end. */
export const toJsonLine = (value: unknown): string => `${escapeHiddenJson(JSON.stringify(plain(value)))}\n`;

const jsonToken = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+/g;

/** Compact JSON in lines, two spaces a level; what is empty stays on its line, as Go's encoding/json has it. */
export function indentJson(text: string): string {
  let out = "";
  let depth = 0;
  const line = (): string => `\n${"  ".repeat(depth)}`;
  for (const [token] of text.matchAll(jsonToken)) {
    const isEmpty = out.endsWith("{") || out.endsWith("[");
    if (token === "}" || token === "]") {
      depth -= 1;
      out += isEmpty ? token : line() + token;
      continue;
    }
    if (isEmpty && depth > 0) out += line();
    if (token === "{" || token === "[") depth += 1;
    out += token === "," ? `,${line()}` : token === ":" ? ": " : token;
  }
  return out;
}

/** Go's field order for Kyverno's reports is alphabetical in JSON and YAML: keys sorted at every depth. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
