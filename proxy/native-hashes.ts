/** OpenSSL's hash functions in the form of `core/crypto/hashes.ts`, which the build replaces with this module in programs for Node. Source: FIPS 180-4. */
import { hash } from "node:crypto";

/** Plain bytes: a `Buffer` would bring methods of its own into values that are compared. */
const native =
  (name: string) =>
  (bytes: Uint8Array): Uint8Array => {
    const digest = hash(name, bytes, "buffer");
    return new Uint8Array(digest.buffer, digest.byteOffset, digest.length);
  };

/** By name; each takes any bytes. */
export const hashes = { sha224: native("sha224"), sha256: native("sha256"), sha384: native("sha384"), sha512: native("sha512") } as const;
