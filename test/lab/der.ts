/**
 * DER elements by their names, for certificates and timestamps that the lab writes. Wrong ones too: nothing is checked.
 * Source: X.690.
 */
import { encodeBitString, encodeElement, encodeUnsigned } from "../../core/asn1/encode.ts";
import { encodeOid } from "../../core/asn1/oid.ts";
import { contextConstructed, contextPrimitive, Tag } from "../../core/asn1/tag.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => encodeElement(Tag.sequence, ...parts);
/** SET OF: its elements in the order of their bytes. */
export const setOf = (...parts: readonly Uint8Array[]): Uint8Array =>
  encodeElement(Tag.set, ...[...parts].sort((a, b) => Buffer.compare(a, b)));
export const oid = (text: string): Uint8Array => encodeElement(Tag.oid, encodeOid(text));
export const integer = (value: number | bigint | Uint8Array): Uint8Array =>
  encodeUnsigned(value instanceof Uint8Array ? value : bigEndian(BigInt(value)));
export const bits = encodeBitString;
export const octets = (...parts: readonly Uint8Array[]): Uint8Array => encodeElement(Tag.octetString, ...parts);
export const nothing = encodeElement(Tag.null);
export const boolean = (value: boolean): Uint8Array => encodeElement(Tag.boolean, Uint8Array.of(value ? 0xff : 0));
export const utf8 = (text: string): Uint8Array => encodeElement(Tag.utf8String, encodeUtf8(text));
export const printable = (text: string): Uint8Array => encodeElement(Tag.printableString, encodeUtf8(text));
export const ia5 = (text: string): Uint8Array => encodeElement(Tag.ia5String, encodeUtf8(text));
/** `[number]` around whole elements: EXPLICIT, or IMPLICIT over a constructed type's content. */
export const constructed = (number: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  encodeElement(contextConstructed(number), ...parts);
/** `[number]` IMPLICIT over a primitive content. */
export const primitive = (number: number, content: Uint8Array): Uint8Array =>
  encodeElement(contextPrimitive(number), content);

function bigEndian(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return new Uint8Array(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex"));
}

const stamp = (at: Date): string => at.toISOString().replace(/[-:T]|\.\d+Z$/g, "");

/** UTCTime until 2049, GeneralizedTime after: as certificates have them. */
export const certificateTime = (at: Date): Uint8Array =>
  at.getUTCFullYear() < 2050 ? encodeElement(Tag.utcTime, encodeUtf8(`${stamp(at).slice(2)}Z`)) : generalizedTime(at);
export const generalizedTime = (at: Date): Uint8Array =>
  encodeElement(Tag.generalizedTime, encodeUtf8(`${stamp(at)}Z`));

/** BIT STRING of named bits: `numbers` are set, trailing zeros left out. */
export function namedBits(...numbers: readonly number[]): Uint8Array {
  if (numbers.length === 0) return encodeElement(Tag.bitString, Uint8Array.of(0));
  const highest = Math.max(...numbers);
  const bytes = new Uint8Array(Math.floor(highest / 8) + 1);
  for (const number of numbers) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (0x80 >> (number & 7));
  return encodeElement(Tag.bitString, Uint8Array.of(7 - (highest & 7)), bytes);
}
