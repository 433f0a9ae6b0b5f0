/** Values of policies as values of the JSON context, and their size. Source: kyverno.md sections 7.3 and 16 (row 3). */
import type { JsonValue } from "../../encoding/json.ts";
import type { PolicyMap, PolicyValue } from "../policy/policy.ts";

/** A value as the context holds it: through a variable every number is a double. */
export function toJsonValue(value: PolicyValue): JsonValue {
  if (typeof value === "bigint") return Number(value);
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return (value as readonly PolicyValue[]).map(toJsonValue);
  const result: Record<string, JsonValue> = Object.create(null);
  for (const [key, entry] of Object.entries(value as PolicyMap)) result[key] = toJsonValue(entry);
  return result;
}

/** About how many bytes the value takes as JSON; counting stops once it is more than `enough`. */
export function sizeOf(value: JsonValue, enough: number): number {
  if (typeof value === "string") return value.length + 2;
  if (value === null || typeof value !== "object") return 8;
  let size = 2;
  for (const [key, entry] of Object.entries(value)) {
    size += (Array.isArray(value) ? 1 : key.length + 4) + sizeOf(entry, enough - size);
    if (size > enough) break;
  }
  return size;
}
