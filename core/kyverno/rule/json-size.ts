/** The size of what context entries bring in. */
import type { JsonValue } from "../../encoding/json.ts";

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
