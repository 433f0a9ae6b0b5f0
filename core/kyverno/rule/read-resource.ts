/**
 * The resources of a document: a list is taken apart, and what cannot be the object of a request is a fault. Source:
 * docs/spec/kyverno.md#files-and-folders.
 */
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { isObject, pointer } from "../../encoding/shape.ts";
import { EngineError } from "../../errors.ts";
import { itemOf } from "../policy/document-form.ts";
import type { Position } from "../policy/policy.ts";
import { requestFor } from "./resource-request.ts";

export interface GivenResource {
  readonly position: Position;
  /** Of a value within it, by its JSON pointer; absent where it stands in no file. */
  readonly place?: (pointer: string) => Position;
  readonly value: JsonObject;
}

/** A resource that cannot be judged. Its value holds as much of its identity as could be read. */
export interface FaultyResource extends GivenResource {
  readonly fault: EngineError;
}

export interface ResourceSink {
  readonly resources: GivenResource[];
  readonly faulty: FaultyResource[];
}

/** `at`: the pointer of `value` in its document. To kubectl every document with items is a list, whatever its kind. */
export function takeResources(
  value: JsonValue,
  at: string,
  position: (pointer: string) => Position,
  sink: ResourceSink,
): void {
  if (isObject(value) && Array.isArray(value.items) && Object.hasOwn(value, "items")) {
    const { items, apiVersion, kind } = value;
    const list = {
      apiVersion: typeof apiVersion === "string" ? apiVersion : "",
      kind: typeof kind === "string" ? kind : "",
    };
    for (const [index, item] of (items as readonly JsonValue[]).entries())
      takeResources(itemOf(list, item), pointer(`${at}/items`, index), position, sink);
    return;
  }
  try {
    const place = (below: string): Position => position(`${at}${below}`);
    sink.resources.push({ value: readResource(value), position: position(at), place });
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    sink.faulty.push(faultyResource(value, position(at), error.message));
  }
}

export const faultyResource = (value: JsonValue, position: Position, message: string): FaultyResource => ({
  position,
  fault: new EngineError("malformed", message, {
    subject: `${position.file}:${position.line}:${position.column}`,
  }),
  value: isObject(value) ? value : {},
});

/** @throws EngineError `malformed` for a value that cannot be the object of a request. */
function readResource(value: JsonValue): JsonObject {
  if (!isObject(value)) throw new EngineError("malformed", "the item of a list is not a resource");
  if (Object.hasOwn(value, "items")) throw new EngineError("malformed", "the items of the list are not a list");
  refusePrototype(value);
  requestFor(value);
  return value;
}

/** A name that no Kubernetes object has, and that other programs trip over. @throws EngineError `malformed` */
function refusePrototype(value: JsonValue): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, below] of Object.entries(value)) {
    if (key === "__proto__") throw new EngineError("malformed", "the resource has a member __proto__");
    refusePrototype(below);
  }
}
