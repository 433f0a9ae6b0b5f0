/**
 * The hash functions of FIPS 180-4, portable. `#hashes` resolves to this module, and in Node to
 * `proxy/host/node-hashes.ts`, which gives the same bytes.
 */
import { encodeHex } from "../encoding/hex.ts";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";

/** By name; each takes any bytes. */
export const hashes = { sha224, sha256, sha384, sha512 } as const satisfies Readonly<
  Record<string, (bytes: Uint8Array) => Uint8Array>
>;

/** SHA-256 as hexadecimal text. */
export const sha256Hex = (bytes: Uint8Array): string => encodeHex(sha256(bytes));
