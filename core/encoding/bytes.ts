/** Operations on byte strings. */
import { hostCodecs } from "#codecs";

/** One array holding all parts, in order. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Equality of length and content. All inputs are public, so time may depend on content. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  const told = hostCodecs.equalBytes(left, right);
  if (told !== undefined) return told;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
