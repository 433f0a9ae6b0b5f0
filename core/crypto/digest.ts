/** Digests: SHA-2 of FIPS 180-4, and the digest of a content as OCI writes it. */
import { hashes, sha256Hex as hexOfSha256 } from "#hashes";

/** A SHA-256 digest as OCI writes it: `sha256:` and 64 lower-case hexadecimal digits. */
export type Digest = `sha256:${string}`;

/** Whether `text` is a digest in its only accepted spelling. */
export function isDigest(text: string): text is Digest {
  if (text.length !== 71 || !text.startsWith("sha256:")) return false;
  // Asked for every row of an archive: a regular expression takes several times as long.
  for (let index = 7; index < 71; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 48 || unit > 102 || (unit > 57 && unit < 97)) return false;
  }
  return true;
}

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

/** SHA-256 of `bytes` in hexadecimal. Of a type written here: declarations that are published know no `#hashes`. */
export const sha256Hex = (bytes: Uint8Array): string => hexOfSha256(bytes);

/** `sha256:` and 64 lower-case hexadecimal digits. */
export const digestOf = (bytes: Uint8Array): Digest => `sha256:${hexOfSha256(bytes)}`;
