/**
 * Checksums of rows: damage inside a row is found before the row is used. They protect against accidents, not against
 * an attacker who can write the file.
 */
import { createHash } from "node:crypto";
import { type Digest, digestOf } from "../../core/crypto/digest.ts";
import { encodeUtf8 } from "../../core/encoding/utf8.ts";

/** SHA-256 over the columns of a row, in the order of the table. */
export const rowChecksum = (...columns: readonly (string | null)[]): Buffer =>
  createHash("sha256").update(JSON.stringify(columns)).digest();

/** The digest of a text, in UTF-8. */
export const textDigest = (text: string): Digest => digestOf(encodeUtf8(text));
