/**
 * The statements and migrations of the mirror: files in `sql/` beside this module, one each, so that they can be read
 * and tried on their own.
 */
import { readFileSync } from "node:fs";

const folder = new URL("./sql/", import.meta.url);
const texts = new Map<string, string>();

/**
 * The SQL text of `sql/NAME.sql`. The file is part of the program: its absence is a broken installation and no coded
 * failure.
 */
export function sqlText(name: string): string {
  let text = texts.get(name);
  if (text === undefined) {
    text = readFileSync(new URL(`${name}.sql`, folder), "utf8");
    texts.set(name, text);
  }
  return text;
}

/**
 * Migrations in order; the schema's version is how many of them a file has had. Numbers are never reused, files never
 * changed once released.
 */
export const migrations: readonly string[] = ["0001-tables", "0002-views", "0003-tuf-floors"];
