/**
 * Checksums of rows: damage inside a row is found before the row is used. They protect against accidents, not against
 * an attacker who can write the file.
 */
import { hash } from "node:crypto";
import type { Database } from "better-sqlite3";
import type { Digest } from "../../core/crypto/digest.ts";

/** One character a byte: a `Buffer` of 32 bytes costs twice the hash itself. */
const checksumText = (columns: readonly unknown[]): string => hash("sha256", JSON.stringify(columns), "binary");

/** SHA-256 over the columns of a row, in the order of the table. */
export const rowChecksum = (...columns: readonly (string | null)[]): Buffer =>
  Buffer.from(checksumText(columns), "latin1");

/**
 * Whether a row has its checksum. Damage may have given a column another type: SQLite keeps the type with each value.
 */
export const hasChecksum = (checksum: unknown, ...columns: readonly unknown[]): boolean =>
  checksum instanceof Uint8Array &&
  areTexts(columns) &&
  checksumText(columns) === asBuffer(checksum).toString("latin1");

/** As {@link hasChecksum}, for a checksum that SQLite wrote in hexadecimal digits: that needs no `Buffer`. */
export const hasHexChecksum = (checksum: string, ...columns: readonly unknown[]): boolean =>
  areTexts(columns) && hash("sha256", JSON.stringify(columns), "hex") === checksum;

const areTexts = (columns: readonly unknown[]): boolean =>
  columns.every((column) => column === null || typeof column === "string");

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** Gives statements of this database {@link rowChecksum} as `row_checksum`. */
export const provideRowChecksum = (database: Database): Database =>
  database.function("row_checksum", { deterministic: true, directOnly: true, varargs: true }, (...columns) =>
    rowChecksum(...(columns as (string | null)[])),
  );

/** The digest of a text, in UTF-8. */
export const textDigest = (text: string): Digest => `sha256:${hash("sha256", text, "hex")}`;
