/** Bytes that the mirror keeps by their digest. Nothing of them is believed because it is stored. */
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { corrupt } from "./store-error.ts";

/** @throws EngineError `mirror-corrupt`, its subject the digest, when the bytes do not have it. */
export function checkBytes(bytes: Uint8Array, digest: string): void {
  // Damage may have made a text of them: SQLite keeps the type with each value.
  if (!(bytes instanceof Uint8Array) || digestOf(bytes) !== digest)
    throw corrupt(digest, "the mirror's bytes do not have this digest");
}

/**
 * The bytes of a digest, as the engine takes them.
 * @throws EngineError `mirror-corrupt`, its subject the digest, when they are not there or do not have it.
 */
export function checkedBytes(bytes: Uint8Array | null | undefined, digest: Digest): Uint8Array {
  if (bytes === undefined || bytes === null)
    throw corrupt(digest, "the bytes of this digest are missing from the mirror");
  checkBytes(bytes, digest);
  return toBytes(bytes);
}

/** SQLite gives Buffers; the engine is written for plain arrays, and a plain view of the same memory costs nothing. */
export const toBytes = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
