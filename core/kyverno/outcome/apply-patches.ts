/**
 * Applies the patches that the engine itself makes. Source: RFC 6902 §4.1 (`add` of a member), §4.3 (`replace` of what
 * is there); RFC 6901.
 */
import { pointerSteps } from "../../encoding/shape.ts";
import type { JsonObject, JsonValue } from "../../encoding/json.ts";
import { EngineError } from "../../errors.ts";
import type { PatchOperation } from "./digest-patch.ts";

/**
 * The patched resource. The given one is unchanged, and unpatched parts are shared with it: a copy of a whole resource
 * would cost more than everything else that a remembered decision does.
 * @throws EngineError `malformed` when an operation does not fit the resource.
 */
export function applyPatches(resource: JsonObject, patches: readonly PatchOperation[]): JsonObject {
  const copies = new Set<Node>();
  const copyOf = (node: Node): Node => {
    if (copies.has(node)) return node;
    const copy: Node = Array.isArray(node) ? [...node] : { ...node };
    copies.add(copy);
    return copy;
  };
  const root = copyOf(resource as Node);
  for (const patch of patches) {
    const steps = pointerSteps(patch.path);
    if (!patch.path.startsWith("/"))
      throw new EngineError("malformed", "a patch without a JSON pointer", { subject: patch.path });
    let node = root;
    for (const step of steps.slice(0, -1)) {
      const key = keyIn(node, step, patch, "replace");
      const child = (node as Record<string, JsonValue>)[key];
      if (typeof child !== "object" || child === null) throw astray(patch);
      const copy = copyOf(child as Node);
      set(node, key, copy as JsonValue);
      node = copy;
    }
    set(node, keyIn(node, steps.at(-1) ?? "", patch, patch.op), patch.value);
  }
  return root as JsonObject;
}

type Node = JsonValue[] | Record<string, JsonValue>;

const astray = ({ path }: PatchOperation): EngineError =>
  new EngineError("malformed", "a patch does not fit the resource", { subject: path });

/** The member that a step of the pointer names. The engine adds to no list, so `add` is refused there. */
function keyIn(node: Node, key: string, patch: PatchOperation, op: PatchOperation["op"]): string {
  if (
    Array.isArray(node)
      ? op === "add" || !(Object.hasOwn(node, key) && key !== "length")
      : op === "replace" && !Object.hasOwn(node, key)
  )
    throw astray(patch);
  return key;
}

/** An own member, whatever its name: assignment to `__proto__` would change the prototype. */
function set(node: Node, key: string, value: JsonValue): void {
  if (key === "__proto__")
    Object.defineProperty(node, key, { value, writable: true, enumerable: true, configurable: true });
  else (node as Record<string, JsonValue>)[key] = value;
}
