/** Base64. Source: RFC 4648 §4 and §5. */
import { EngineError } from "../errors.ts";
import { hostCodecs } from "#codecs";

const standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const urlSafe = `${standard.slice(0, 62)}-_`;

const tableOf = (alphabet: string): Int8Array => {
  const table = new Int8Array(128).fill(-1);
  for (let index = 0; index < alphabet.length; index++) table[alphabet.charCodeAt(index)] = index;
  return table;
};
const standardTable = tableOf(standard);
const urlTable = tableOf(urlSafe);

/** Two digits of base64 for every value of twelve bits. */
const pairs = Array.from({ length: 4096 }, (_, value) => standard.charAt(value >> 6) + standard.charAt(value & 63));

/** Padded text in the standard alphabet. */
export const encodeBase64 = (bytes: Uint8Array): string => hostCodecs.encodeBase64(bytes) ?? encode(bytes);

function encode(bytes: Uint8Array): string {
  let text = "";
  const whole = bytes.length - (bytes.length % 3);
  for (let index = 0; index < whole; index += 3) {
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] as number) << 8) | (bytes[index + 2] as number);
    text += (pairs[group >> 12] as string) + (pairs[group & 4095] as string);
  }
  const [a, b] = bytes.subarray(whole);
  if (a === undefined) return text;
  const group = (a << 16) | ((b ?? 0) << 8);
  return text + (pairs[group >> 12] as string) + (b === undefined ? "==" : `${standard.charAt((group >> 6) & 63)}=`);
}

function decode(text: string, table: Int8Array): Uint8Array {
  let end = text.length;
  if (end % 4 !== 0) throw new EngineError("malformed", "base64 text whose length is not a multiple of four");
  if (end > 0 && text.charCodeAt(end - 1) === 61) end -= text.charCodeAt(end - 2) === 61 ? 2 : 1;
  const bytes = new Uint8Array(Math.floor((end * 3) / 4));
  let offset = 0;
  let bits = 0;
  let held = 0;
  let start = 0;
  // Whole groups of four; a group with another character is left to the loop below, which names its offset.
  for (; start + 4 <= end; start += 4) {
    const a = text.charCodeAt(start);
    const b = text.charCodeAt(start + 1);
    const c = text.charCodeAt(start + 2);
    const d = text.charCodeAt(start + 3);
    if ((a | b | c | d) > 127) break;
    const group =
      ((table[a] as number) << 18) | ((table[b] as number) << 12) | ((table[c] as number) << 6) | (table[d] as number);
    if (group < 0) break;
    bytes[offset++] = group >> 16;
    bytes[offset++] = group >> 8;
    bytes[offset++] = group;
  }
  for (let index = start; index < end; index++) {
    const unit = text.charCodeAt(index);
    const value = unit < 128 ? (table[unit] as number) : -1;
    if (value < 0) throw new EngineError("malformed", `not a base64 character at offset ${index}`);
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = (held >> bits) & 0xff;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new EngineError("malformed", "base64 text with non-zero trailing bits");
  return bytes;
}

/**
 * Bytes of padded text in the standard alphabet: one text for one content.
 * @throws EngineError `malformed` on another character, wrong padding or non-zero trailing bits.
 */
export const decodeBase64 = (text: string): Uint8Array => hostCodecs.decodeBase64(text) ?? decode(text, standardTable);

/** The text without its line ends, which Go's decoders pass over wherever they stand. */
export const unwrapBase64 = (text: string): string =>
  text.includes("\n") || text.includes("\r") ? text.replace(/[\r\n]+/g, "") : text;

/**
 * As {@link decodeBase64}, in lines: as `base64` and `openssl` write it and Go reads it.
 * @throws EngineError `malformed`; line ends alone may be added to the one text.
 */
export const decodeWrappedBase64 = (text: string): Uint8Array => decodeBase64(unwrapBase64(text));

/** As {@link decodeBase64}, in the URL-safe alphabet. */
export const decodeBase64Url = (text: string): Uint8Array => decode(text, urlTable);
