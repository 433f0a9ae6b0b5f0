/**
 * OpenSSL's hash functions in the form of `core/crypto/hashes.ts`: what `#hashes` resolves to in Node. Source: FIPS
 * 180-4.
 */
import { hash } from "node:crypto";

/**
 * Plain bytes, taken from Node as latin1 text: a `Buffer` of 32 bytes costs three times the hash itself.
 */
const native =
  (name: string) =>
  (bytes: Uint8Array): Uint8Array => {
    const text = hash(name, bytes, "binary");
    const digest = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index++) digest[index] = text.charCodeAt(index);
    return digest;
  };

/** By name; each takes any bytes. */
export const hashes = {
  sha224: native("sha224"),
  sha256: native("sha256"),
  sha384: native("sha384"),
  sha512: native("sha512"),
} as const;

/** SHA-256 as hexadecimal text, which is what most digests are wanted for: not first bytes, then text. */
export const sha256Hex = (bytes: Uint8Array): string => hash("sha256", bytes, "hex");
