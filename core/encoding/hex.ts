/** Hexadecimal. Source: RFC 4648 §8. */
import { EngineError } from "../errors.ts";

/** Two digits for every byte. */
const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower-case hexadecimal. */
export function encodeHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += pairs[byte];
  return text;
}

const digitOf = (unit: number): number =>
  unit >= 48 && unit <= 57
    ? unit - 48
    : unit >= 97 && unit <= 102
      ? unit - 87
      : unit >= 65 && unit <= 70
        ? unit - 55
        : -1;

/**
 * Bytes of hexadecimal text, either case, as Go's `encoding/hex` reads it.
 * @throws EngineError `malformed` on an odd length or another character.
 */
export function decodeHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw new EngineError("malformed", "hexadecimal text of odd length");
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    const high = digitOf(text.charCodeAt(2 * index));
    const low = digitOf(text.charCodeAt(2 * index + 1));
    if (high < 0 || low < 0) throw new EngineError("malformed", `not a hexadecimal digit at offset ${2 * index}`);
    bytes[index] = high * 16 + low;
  }
  return bytes;
}
