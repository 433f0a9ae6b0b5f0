/**
 * The hash functions of FIPS 180-4, portable. Programs for Node are built with OpenSSL's in their place
 * (`proxy/native-hashes.ts`), which give the same bytes.
 */
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";

/** By name; each takes any bytes. */
export const hashes = { sha224, sha256, sha384, sha512 } as const satisfies Readonly<
  Record<string, (bytes: Uint8Array) => Uint8Array>
>;
