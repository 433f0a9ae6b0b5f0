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

/** Results are plain arrays with their own memory, as in portable code. */
export const hostCodecs: HostCodecs = {
  /** Node skips characters that are not base64, so the text must equal the encoding of the decoded bytes. */
  decodeBase64(text: string): Uint8Array | undefined {
    if (text.length < worthwhile || text.length % 4 !== 0) return undefined;
    const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
    const bytes = new Uint8Array((text.length / 4) * 3 - padding);
    const buffer = view(bytes);
    return buffer.write(text, "base64") === bytes.length && buffer.toString("base64") === text ? bytes : undefined;
  },
  encodeBase64(bytes: Uint8Array): string | undefined {
    return bytes.length < worthwhile ? undefined : view(bytes).toString("base64");
  },
  decodeUtf8(bytes: Uint8Array): string | undefined {
    if (bytes.length < worthwhile) return undefined;
    // Almost every text is ASCII, which needs no decoder.
    if (isAscii(bytes)) return view(bytes).toString("latin1");
    return isUtf8(bytes) ? view(bytes).toString("utf8") : undefined;
  },
  encodeUtf8(text: string): Uint8Array | undefined {
    return text.length < worthwhile ? undefined : encoder.encode(text);
  },
  equalBytes: () => undefined,
};
