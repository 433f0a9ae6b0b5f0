/** Digests: SHA-2 of FIPS 180-4, and the digest of a content as OCI writes it. */
import { encodeHex } from "../encoding/hex.ts";
import { hashes } from "#hashes";

/** A SHA-256 digest as OCI writes it: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** Whether `text` is a digest in its only accepted spelling. */
export const isDigest = (text: string): text is Digest => /^sha256:[0-9a-f]{64}$/.test(text);

export type HashName = "sha224" | "sha256" | "sha384" | "sha512";

/** Bytes that a hash function yields. */
export const digestLength = { sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<
  HashName,
  number
>;

/** Whether `name` is a hash of this program. */
export const isHashName = (name: string): name is HashName => Object.hasOwn(hashes, name);

/** The digest of `bytes`, {@link digestLength} bytes long. */
export const digest = (hash: HashName, bytes: Uint8Array): Uint8Array => hashes[hash](bytes);

/** SHA-256 of `bytes`, 32 bytes. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hashes.sha256(bytes);

/** `sha256:` and 64 lower-case hexadecimal digits. */
export const digestOf = (bytes: Uint8Array): Digest => `sha256:${encodeHex(hashes.sha256(bytes))}`;
