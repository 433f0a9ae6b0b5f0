/**
 * Codecs of hosts in which JavaScript is interpreted, and base64 is not: a loop over bytes costs a hundred times what
 * the host's own functions do. What `#codecs` is in the component. Source: RFC 4648 §4.
 */
import type { HostCodecs } from "./host-codecs.ts";

/** What a host has. `atob` and `btoa` are between base64 and texts whose units are bytes. */
export interface HostBase64 {
  /** Refuses what is not base64 by an error, or passes over it. */
  fromBase64(text: string): Uint8Array;
  toBase64(bytes: Uint8Array): string;
  atob(text: string): string;
  btoa(text: string): string;
  /** Bytes of a text in UTF-8; of one that has none, any number but its length. */
  utf8Length(text: string): number;
}

/** Below this many characters or bytes the loop is quicker. */
const worthwhile = 12;

/** Longer texts are not looked through by a pattern: each character costs what ten bytes of a copy do. */
const shortText = 256;
// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
const beyondAscii = /[^\x00-\x7f]/;

export function base64Codecs({ fromBase64, toBase64, atob, btoa, utf8Length }: HostBase64): HostCodecs {
  const isAscii = (text: string): boolean =>
    text.length > shortText ? utf8Length(text) === text.length : !beyondAscii.test(text);

  /** Undefined for what the host refuses: portable code refuses it too, and says why. */
  function readBase64(text: string): Uint8Array | undefined {
    try {
      return fromBase64(text);
    } catch {
      return undefined;
    }
  }

  return {
    equalBytes: (left, right) => (left.length < worthwhile ? undefined : toBase64(left) === toBase64(right)),
    /** Only what is the one text of its bytes: hosts also take spaces, and bits behind the last byte. */
    decodeBase64(text) {
      const bytes = text.length < worthwhile ? undefined : readBase64(text);
      return bytes !== undefined && toBase64(bytes) === text ? bytes : undefined;
    },
    encodeBase64: (bytes) => (bytes.length < worthwhile ? undefined : toBase64(bytes)),
    decodeUtf8(bytes) {
      if (bytes.length < worthwhile) return undefined;
      const text = atob(toBase64(bytes));
      return isAscii(text) ? text : undefined;
    },
    encodeUtf8: (text) => (text.length < worthwhile || !isAscii(text) ? undefined : fromBase64(btoa(text))),
  };
}
