/**
 * The statements and migrations of the mirror. Each is a file in `sql/`, so that it can be read and tried on its own;
 * `sql-texts.ts` is generated from them.
 */
import { sqlTexts } from "./sql-texts.ts";

export type StatementName = keyof typeof sqlTexts;

/** The SQL text of `sql/NAME.sql`. */
export const sqlText = (name: StatementName): string => sqlTexts[name];

/**
 * Migrations in order; the schema's version is how many of them a file has had. Numbers are never reused, files never
 * changed once released.
 */
export const migrations = [
  "0001-tables",
  "0002-views",
  "0003-tuf-floors",
  "0004-distrust",
  "0005-views",
  "0006-signed-time",
  "0007-complete-grain",
  "0008-partial-list",
  "0009-views",
  "0010-checksums",
  "0011-imports",
  "0012-named",
  "0013-own-rows",
  "0014-taken-rows",
  "0015-named-arrivals",
] as const satisfies readonly StatementName[];
