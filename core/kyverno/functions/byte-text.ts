/**
 * Go's strings are bytes. Bytes that are no UTF-8 travel through an expression as lone low surrogates, one each, which
 * JSON cannot hold; results show U+FFFD for them.
 */
import { concat } from "../../encoding/bytes.ts";
import { decodeUtf8, encodeUtf8 } from "../../encoding/utf8.ts";

const escaped = /([\udc80-\udcff](?<![\ud800-\udbff][\udc80-\udcff]))/;

/** How many bytes a sequence with this first byte has. */
const width = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

function isSequence(bytes: Uint8Array, at: number, length: number): boolean {
  const second = bytes[at + 1] ?? 0;
  const lead = bytes[at] ?? 0;
  if (
    (lead === 0xe0 && second < 0xa0) ||
    (lead === 0xed && second > 0x9f) ||
    (lead === 0xf0 && second < 0x90) ||
    (lead === 0xf4 && second > 0x8f)
  )
    return false;
  for (let index = 1; index < length; index++) if (((bytes[at + index] ?? 0) & 0xc0) !== 0x80) return false;
  return at + length <= bytes.length;
}

export interface ByteText {
  readonly text: string;
  /** All of it was UTF-8. */
  readonly wellFormed: boolean;
}

/** The text of `bytes`. */
export function textOfBytes(bytes: Uint8Array): ByteText {
  const parts: string[] = [];
  let wellFormed = true;
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = width(bytes[at] ?? 0);
    if (length > 0 && isSequence(bytes, at, length)) {
      at += length;
      continue;
    }
    wellFormed = false;
    parts.push(decodeUtf8(bytes.subarray(from, at)), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
    from = ++at;
  }
  parts.push(decodeUtf8(bytes.subarray(from)));
  return { text: parts.join(""), wellFormed };
}

/** The bytes of `text`: the inverse of {@link textOfBytes}. */
export function bytesOfText(text: string): Uint8Array {
  if (!escaped.test(text)) return encodeUtf8(text);
  // Every second part is one escaped byte.
  return concat(
    ...text
      .split(escaped)
      .map((part, index) => (index % 2 === 1 ? Uint8Array.of(part.charCodeAt(0) - 0xdc00) : encodeUtf8(part))),
  );
}
