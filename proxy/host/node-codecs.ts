/**
 * Node's base64 and UTF-8 in the form of `core/encoding/host-codecs.ts`: what `#codecs` resolves to in Node. Source:
 * RFC 4648 §4, RFC 3629.
 */
import { isAscii, isUtf8 } from "node:buffer";
import type { HostCodecs } from "../../core/encoding/host-codecs.ts";

/** Below this many characters or bytes a call into Node costs more than it saves. */
const worthwhile = 48;

const encoder = new TextEncoder();
const view = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** What `Buffer` itself calls, for any bytes: a view, and a look for a codec by its name, cost more than the work. */
const direct = Buffer.prototype as Buffer & {
  readonly base64Write?: (this: Uint8Array, text: string, offset: number, length: number) => number;
  readonly latin1Slice?: (this: Uint8Array, start: number, end: number) => string;
};
const writeBase64 =
  direct.base64Write ??
  function (this: Uint8Array, text: string): number {
    return view(this).write(text, "base64");
  };
const latin1 =
  direct.latin1Slice ??
  function (this: Uint8Array): string {
    return view(this).toString("latin1");
  };

const wide = /[\u0100-\uffff]/;

/** Bits of the last character behind the last byte, by the count of padding. */
const restOf = [0, 3, 15] as const;
const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Results are plain arrays with their own memory, as in portable code. */
export const hostCodecs: HostCodecs = {
  /**
   * Node skips characters that are not base64: then there are fewer bytes. It also takes the URL-safe alphabet, any
   * bits behind the last byte, and of a character of two bytes the lower one.
   */
  decodeBase64(text: string): Uint8Array | undefined {
    if (text.length < worthwhile || text.length % 4 !== 0) return undefined;
    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    const bytes = new Uint8Array((text.length / 4) * 3 - padding);
    if (writeBase64.call(bytes, text, 0, bytes.length) !== bytes.length) return undefined;
    if (text.includes("-") || text.includes("_") || wide.test(text)) return undefined;
    const last = digits.indexOf(text.charAt(text.length - padding - 1));
    return (last & restOf[padding]) === 0 ? bytes : undefined;
  },
  encodeBase64(bytes: Uint8Array): string | undefined {
    return bytes.length < worthwhile ? undefined : view(bytes).toString("base64");
  },
  decodeUtf8(bytes: Uint8Array): string | undefined {
    if (bytes.length < worthwhile) return undefined;
    // Almost every text is ASCII, which needs no decoder.
    if (isAscii(bytes)) return latin1.call(bytes, 0, bytes.length);
    return isUtf8(bytes) ? view(bytes).toString("utf8") : undefined;
  },
  encodeUtf8(text: string): Uint8Array | undefined {
    return text.length < worthwhile ? undefined : encoder.encode(text);
  },
  equalBytes(left: Uint8Array, right: Uint8Array): boolean | undefined {
    return left.length < worthwhile ? undefined : Buffer.compare(left, right) === 0;
  },
};
