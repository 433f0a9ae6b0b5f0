/**
 * JSON text as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped. It is what a variable inside a
 * longer string becomes.
 */
import { formatJsonNumber } from "../../jmespath/go-number.ts";
import { compareText } from "../../jmespath/value.ts";
import type { PolicyValue } from "../policy/policy.ts";
import { isList, isMap } from "../policy/policy-value.ts";

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
const quote = (text: string): string => JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escapeUnit);

export function goJson(value: PolicyValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return formatJsonNumber(value);
  if (isList(value)) return `[${value.map(goJson).join(",")}]`;
  if (!isMap(value)) return String(value);
  const members = Object.keys(value).sort(compareText);
  return `{${members.map((key) => `${quote(key)}:${goJson(value[key] ?? null)}`).join(",")}}`;
}
