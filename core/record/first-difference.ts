/** Where two JSON trees first differ, in the order of their canonical texts. Source: docs/spec/record.md#replay. */
import type { JsonObject, JsonValue } from "../encoding/json.ts";
import { isObject, own, pointer } from "../encoding/shape.ts";

export interface Difference {
  /** JSON pointer of the deepest node that both trees have a place for. */
  readonly at: string;
  /** Absent: the tree has nothing there. */
  readonly left?: JsonValue;
  readonly right?: JsonValue;
}

/** Undefined where they are the same. */
export function firstDifference(
  left: JsonValue | undefined,
  right: JsonValue | undefined,
  at = "",
): Difference | undefined {
  if (isObject(left) && isObject(right)) return inObjects(left, right, at);
  if (Array.isArray(left) && Array.isArray(right)) return inLists(left, right, at);
  if (Object.is(left, right)) return undefined;
  return { at, ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

function inObjects(left: JsonObject, right: JsonObject, at: string): Difference | undefined {
  for (const key of [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()) {
    const found = firstDifference(own(left, key), own(right, key), pointer(at, key));
    if (found !== undefined) return found;
  }
  return undefined;
}

function inLists(left: readonly JsonValue[], right: readonly JsonValue[], at: string): Difference | undefined {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const found = firstDifference(left[index], right[index], pointer(at, index));
    if (found !== undefined) return found;
  }
  return undefined;
}
