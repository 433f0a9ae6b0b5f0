/** Writing DER, as far as keys, signatures and precertificates are rebuilt. Source: X.690 §8.1.3 and §10.1. */
import { concat } from "../encoding/bytes.ts";
import { Tag } from "./tag.ts";

/** The length octets of a content of `length` bytes, shortest form. */
function encodeLength(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  const bytes: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) bytes.unshift(left % 256);
  return Uint8Array.of(0x80 | bytes.length, ...bytes);
}

/** The parts of an element, not yet joined: identifier octet, length, the parts of its content in order. */
export function elementParts(tag: number, ...parts: readonly Uint8Array[]): readonly Uint8Array[] {
  let length = 0;
  for (const part of parts) length += part.length;
  return [Uint8Array.of(tag), encodeLength(length), ...parts];
}

/** An element: identifier octet, length, the parts of its content in order. */
export const encodeElement = (tag: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  concat(...elementParts(tag, ...parts));

/** INTEGER of an unsigned magnitude, big-endian, with or without leading zeros. */
export function encodeUnsigned(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  const first = digits[0];
  if (first === undefined) return encodeElement(Tag.integer, Uint8Array.of(0));
  return first >= 0x80 ? encodeElement(Tag.integer, Uint8Array.of(0), digits) : encodeElement(Tag.integer, digits);
}

/** BIT STRING of whole bytes. */
export const encodeBitString = (bytes: Uint8Array): Uint8Array => encodeElement(Tag.bitString, Uint8Array.of(0), bytes);
