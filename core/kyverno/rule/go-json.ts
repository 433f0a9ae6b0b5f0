/** JSON text as Go's `encoding/json` writes it: keys sorted, `<`, `>` and `&` escaped. It is what a variable inside a longer string becomes. */
import { formatJsonNumber } from "../../jmespath/go-number.ts";
import { compareText } from "../../jmespath/value.ts";
import type { PolicyMap, PolicyValue } from "../policy/policy.ts";

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
const quote = (text: string): string => JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, escape);

export function goJson(value: PolicyValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return formatJsonNumber(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${(value as readonly PolicyValue[]).map(goJson).join(",")}]`;
  const map = value as PolicyMap;
  const members = Object.keys(map).sort(compareText);
  return `{${members.map((key) => `${quote(key)}:${goJson(map[key] ?? null)}`).join(",")}}`;
}
