/**
 * Codecs of hosts in which JavaScript is interpreted, and base64 is not: a loop over bytes costs a hundred times what
 * the host's own functions do. What `#codecs` is in the component. Source: RFC 4648 §4.
 */
import type { HostCodecs } from "./host-codecs.ts";

/** What a host has. `atob` and `btoa` are between base64 and texts whose units are bytes. */
export interface HostBase64 {
  fromBase64(text: string): Uint8Array;
  toBase64(bytes: Uint8Array): string;
  atob(text: string): string;
  btoa(text: string): string;
}

/** Below this many characters or bytes the loop is quicker. */
const worthwhile = 12;

const groups = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const beyondAscii = /[^\x00-\x7f]/;

export const base64Codecs = ({ fromBase64, toBase64, atob, btoa }: HostBase64): HostCodecs => ({
  equalBytes: (left, right) => (left.length < worthwhile ? undefined : toBase64(left) === toBase64(right)),
  /** Only what is the one text of its bytes: hosts also take bits behind the last byte. */
  decodeBase64(text) {
    if (text.length < worthwhile || !groups.test(text)) return undefined;
    const bytes = fromBase64(text);
    return toBase64(bytes) === text ? bytes : undefined;
  },
  encodeBase64: (bytes) => (bytes.length < worthwhile ? undefined : toBase64(bytes)),
  decodeUtf8(bytes) {
    if (bytes.length < worthwhile) return undefined;
    const text = atob(toBase64(bytes));
    return beyondAscii.test(text) ? undefined : text;
  },
  encodeUtf8: (text) => (text.length < worthwhile || beyondAscii.test(text) ? undefined : fromBase64(btoa(text))),
});
