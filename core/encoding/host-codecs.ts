/**
 * Codecs that a host may replace by faster ones. Here are the portable ones. `#codecs` resolves to this module, and in
 * Node to `proxy/host/node-codecs.ts`.
 */

/**
 * Each function gives exactly what the portable one gives, or `undefined`, and then the portable one runs: also for all
 * that it refuses.
 */
export interface HostCodecs {
  decodeBase64(text: string): Uint8Array | undefined;
  encodeBase64(bytes: Uint8Array): string | undefined;
  decodeUtf8(bytes: Uint8Array): string | undefined;
  encodeUtf8(text: string): Uint8Array | undefined;
  /** Of two that are as long as each other. */
  equalBytes(left: Uint8Array, right: Uint8Array): boolean | undefined;
}

const nothing = (): undefined => undefined;

export const hostCodecs: HostCodecs = {
  decodeBase64: nothing,
  encodeBase64: nothing,
  decodeUtf8: nothing,
  encodeUtf8: nothing,
  equalBytes: nothing,
};
