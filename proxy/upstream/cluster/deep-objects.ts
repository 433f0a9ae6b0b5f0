/**
 * Objects of an API server of which one may be nested beyond every bound: whoever may write one object must not keep
 * all others of its list from being read. Source: Kubernetes API reference (fields whose schema preserves unknown
 * ones).
 */
import { type JsonObject, type JsonValue, parseJson } from "../../../core/encoding/json.ts";
import { isObject, textOr } from "../../../core/encoding/shape.ts";
import { decodeUtf8 } from "../../../core/encoding/utf8.ts";
import { EngineError } from "../../../core/errors.ts";
import type { Limits } from "../../../core/limits.ts";

/** A list and its items, or an event and its object, are around each. */
const around = 2;

/**
 * A list of objects, or an event about one. Of an object that is nested too deeply its name is left, with a text in the
 * place of what it says: nobody can take that for what was meant.
 * @throws EngineError as `parseJson`.
 */
export function parseObjects(bytes: Uint8Array, subject: string, limits: Limits): JsonValue {
  const options = { limits, maxBytes: bytes.length, subject };
  try {
    return parseJson(bytes, options);
  } catch (error) {
    const shorter = error instanceof EngineError && error.code === "over-limit" ? shortened(bytes, limits) : undefined;
    if (shorter === undefined) throw error;
    return parseJson(shorter, { ...options, maxBytes: shorter.length });
  }
}

/** The same text without what is too deep in its objects; undefined where it is no JSON. */
function shortened(bytes: Uint8Array, limits: Limits): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof EngineError) return undefined;
    throw error;
  }
  if (!isObject(json as JsonValue)) return undefined;
  const { items, object, ...rest } = json as JsonObject;
  const short = (one: JsonValue): JsonValue =>
    isDeeper(one, limits.jsonDepth - around) ? nameAlone(one, limits) : one;
  const shorter = {
    ...rest,
    ...(Array.isArray(items) ? { items: (items as readonly JsonValue[]).map(short) } : {}),
    ...(object === undefined ? {} : { object: short(object) }),
  };
  return isDeeper(shorter, limits.jsonDepth) ? undefined : JSON.stringify(shorter);
}

/** Level by level: what is deep fills no stack. */
function isDeeper(value: JsonValue, most: number): boolean {
  let level: readonly JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const nested = level.filter((one) => typeof one === "object" && one !== null);
    if (nested.length > 0 && depth >= most) return true;
    level = nested.flatMap((one) => Object.values(one as object) as JsonValue[]);
  }
  return false;
}

function nameAlone(object: JsonValue, { jsonDepth }: Limits): JsonValue {
  if (!isObject(object)) return null;
  const { apiVersion, kind, metadata } = object;
  const { name, namespace, uid, resourceVersion } = isObject(metadata) ? metadata : {};
  return {
    ...(apiVersion === undefined ? {} : { apiVersion: textOr(apiVersion) }),
    ...(kind === undefined ? {} : { kind: textOr(kind) }),
    metadata: {
      name: textOr(name),
      ...(namespace === undefined ? {} : { namespace: textOr(namespace) }),
      uid: textOr(uid),
      resourceVersion: textOr(resourceVersion),
    },
    spec: `nested deeper than ${jsonDepth} levels`,
  };
}
