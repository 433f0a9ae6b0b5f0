/**
 * Checksums of rows: damage inside a row is found before the row is used. They protect against accidents, not against
 * an attacker who can write the file.
 */
import { createHash } from "node:crypto";
import type { Digest } from "../../core/crypto/digest.ts";

/** SHA-256 over the columns of a row, in the order of the table. */
export const rowChecksum = (...columns: readonly (string | null)[]): Buffer =>
  createHash("sha256").update(JSON.stringify(columns)).digest();

/** The digest of bytes, by the hash of the operating system's library. */
export const digestBytes = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
