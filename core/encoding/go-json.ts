/** JSON objects read as Go's encoding/json fills a struct. Source: https://pkg.go.dev/encoding/json#Unmarshal. */
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * The value that Go would give to the struct field `name` (ASCII): keys match in any case, the last one in the document
 * wins, `null` counts as absent. The document must have been parsed with `duplicateKeys: "last-wins"`, which keeps the
 * order of last occurrence.
 *  Differs: if a key is repeated Go merges the objects; here only the last one counts, so a field that only an earlier
 * one has is absent.
 */
export function goField(object: JsonObject, name: string): JsonValue | undefined {
  const wanted = name.toLowerCase();
  let value: JsonValue | undefined;
  for (const key of Object.keys(object)) if (key.toLowerCase() === wanted) value = object[key];
  return value === null ? undefined : value;
}
