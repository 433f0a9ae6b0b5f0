/** UTF-8. Source: RFC 3629. Written out because a WASM host has no TextEncoder. */
import { EngineError } from "../errors.ts";
import { hostCodecs } from "#codecs";

/** Halves of surrogate pairs that stand alone: no Unicode text holds one. For `replace` and `split`. */
export const loneSurrogates = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
export const holdsLoneSurrogate = (text: string): boolean => text.search(loneSurrogates) >= 0;
/** With U+FFFD in their place: a text that was cut may end within a pair. */
export const toWellFormed = (text: string): string =>
  holdsLoneSurrogate(text) ? text.replace(loneSurrogates, "\ufffd") : text;

/** UTF-8 of `text`. A lone surrogate becomes U+FFFD, as everywhere on the web. */
export const encodeUtf8 = (text: string): Uint8Array => hostCodecs.encodeUtf8(text) ?? encode(text);

function encode(text: string): Uint8Array {
  // Almost every text is ASCII: one byte a unit.
  const ascii = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return encodeAnyUtf8(text);
    ascii[index] = unit;
  }
  return ascii;
}

function encodeAnyUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let offset = 0;
  for (let index = 0; index < text.length; index++) {
    let point = text.charCodeAt(index);
    if (point < 0x80) {
      bytes[offset++] = point;
      continue;
    }
    if (point >= 0xd800 && point <= 0xdfff) {
      const next = text.charCodeAt(index + 1);
      if (point <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (next - 0xdc00);
        index++;
      } else point = 0xfffd;
    }
    if (point < 0x800) bytes[offset++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[offset++] = 0xe0 | (point >> 12);
      else {
        bytes[offset++] = 0xf0 | (point >> 18);
        bytes[offset++] = 0x80 | ((point >> 12) & 63);
      }
      bytes[offset++] = 0x80 | ((point >> 6) & 63);
    }
    bytes[offset++] = 0x80 | (point & 63);
  }
  return bytes.slice(0, offset);
}

const minimum = [0, 0x80, 0x800, 0x10000] as const;

/**
 * Text of well-formed UTF-8. A byte order mark is kept.
 * @throws EngineError `malformed` on overlong forms, surrogates, values past U+10FFFF and cut sequences.
 */
export const decodeUtf8 = (bytes: Uint8Array): string => hostCodecs.decodeUtf8(bytes) ?? decode(bytes);

function decode(bytes: Uint8Array): string {
  for (let index = 0; index < bytes.length; index++) if ((bytes[index] as number) >= 0x80) return decodeAnyUtf8(bytes);
  let text = "";
  for (let index = 0; index < bytes.length; index += 4096)
    text += String.fromCharCode.apply(null, bytes.subarray(index, index + 4096) as unknown as number[]);
  return text;
}

function decodeAnyUtf8(bytes: Uint8Array): string {
  const units: number[] = [];
  const chunks: string[] = [];
  for (let index = 0; index < bytes.length; ) {
    const lead = bytes[index++] as number;
    if (lead < 0x80) units.push(lead);
    else {
      const more =
        lead >= 0xf0 && lead < 0xf8 ? 3 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xc0 && lead < 0xe0 ? 1 : 0;
      let point = more === 0 ? -1 : lead & (0x3f >> more);
      for (let step = 0; step < more && point >= 0; step++) {
        const next = bytes[index];
        if (next === undefined || (next & 0xc0) !== 0x80) point = -1;
        else {
          point = (point << 6) | (next & 63);
          index++;
        }
      }
      if (point < (minimum[more] as number) || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        throw new EngineError("malformed", `not UTF-8 near offset ${index - 1}`);
      if (point >= 0x10000) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
      else units.push(point);
    }
    if (units.length >= 4096) {
      chunks.push(String.fromCharCode(...units));
      units.length = 0;
    }
  }
  chunks.push(String.fromCharCode(...units));
  return chunks.join("");
}
