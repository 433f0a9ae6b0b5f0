/**
 * Applies the patches that the engine itself makes. Source: RFC 6902 §4.3 (`replace` of what is there, `add` of a
 * member).
 */
import type { JsonObject } from "../../encoding/json.ts";
import jsonPatch from "fast-json-patch";
import { EngineError } from "../../errors.ts";
import type { PatchOperation } from "./digest-patch.ts";

/**
 * The patched resource; the given one is left as it is.
 * @throws EngineError `malformed` when an operation does not fit the resource.
 */
export function applyPatches(resource: JsonObject, patches: readonly PatchOperation[]): JsonObject {
  const astray = patches.find(({ path }) => !path.startsWith("/"));
  if (astray !== undefined)
    throw new EngineError("malformed", "a patch without a JSON pointer", { subject: astray.path });
  try {
    return jsonPatch.applyPatch(structuredCopy(resource), [...patches], false, true).newDocument as JsonObject;
  } catch (error) {
    throw new EngineError("malformed", "a patch does not fit the resource", { cause: error });
  }
}

/** Prototype pollution is out of the question in a copy of own members; JSON text is the copy that every host has. */
const structuredCopy = (resource: JsonObject): JsonObject => JSON.parse(JSON.stringify(resource)) as JsonObject;
