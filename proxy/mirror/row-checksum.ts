/**
 * Checksums of rows: damage inside a row is found before the row is used. They protect against accidents, not against
 * an attacker who can write the file.
 */
import { hash } from "node:crypto";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";

/** SHA-256 over the columns of a row, in the order of the table. */
export const rowChecksum = (...columns: readonly (string | null)[]): Buffer =>
  hash("sha256", JSON.stringify(columns), "buffer");

/**
 * Whether a row has its checksum. Damage may have given a column another type: SQLite keeps the type with each value.
 */
export const hasChecksum = (checksum: unknown, ...columns: readonly unknown[]): boolean =>
  checksum instanceof Uint8Array &&
  columns.every((column) => column === null || typeof column === "string") &&
  rowChecksum(...(columns as (string | null)[])).equals(checksum);

/** The digest of a text, in UTF-8. */
export const textDigest = (text: string): Digest => digestOf(encodeUtf8(text));
