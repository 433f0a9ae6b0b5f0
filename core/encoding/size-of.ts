/** About what a value takes where it is kept, for bounds. */

/** Of content its bytes; of all else about what its texts take. */
export function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array || typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 8;
  return Object.entries(value).reduce((sum, [name, part]) => sum + name.length + sizeOf(part), 0);
}
