/** Copies of JSON values with one place changed. */
import type { JsonValue } from "../../core/encoding/json.ts";

/** `value` with the member at a slash-separated path replaced, or removed when `replacement` is undefined. */
export function patched<T extends JsonValue>(value: T, path: string, replacement: JsonValue | undefined): T {
  const copy = structuredClone(value) as T;
  const steps = path.split("/");
  const last = steps.pop() as string;
  let at = copy as unknown as Record<string, unknown>;
  for (const step of steps) at = at[step] as Record<string, unknown>;
  if (replacement === undefined) delete at[last];
  else at[last] = replacement;
  return copy;
}

/** The bytes with one bit of the byte at `index` flipped. */
export function flipped(bytes: Uint8Array, index: number, bit = 1): Uint8Array {
  const copy = bytes.slice();
  copy[index] = (copy[index] as number) ^ bit;
  return copy;
}
