/**
 * Lines of more than 120 columns in code, SQL and Markdown. Exempt is what cannot be broken: tables, code blocks and
 * link targets of Markdown, and words that hardly fit a line (base64, hexadecimal, URLs, regular expressions).
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { SourceFile } from "./source-text.ts";

export const maxColumns = 120;

const unbreakable = /\S{100}/;
const linkTarget = /\]\([^)]*\)/g;
const fence = /^\s*(?:```|~~~)/;

const isLong = (line: string): boolean => [...line].length > maxColumns && !unbreakable.test(line);

/** The numbers of the long lines, the first is 1. */
export function longLines(path: string, text: string): readonly number[] {
  const markdown = path.endsWith(".md");
  const found: number[] = [];
  let inCode = false;
  for (const [index, line] of text.split("\n").entries()) {
    if (markdown && fence.test(line)) inCode = !inCode;
    else if (markdown && (inCode || line.startsWith("|"))) continue;
    else if (isLong(markdown ? line.replace(linkTarget, "]()") : line)) found.push(index + 1);
  }
  return found;
}

const written = /\.(?:ts|mjs|sql|md)$/;

/** Every file of the folders, and of the root itself, that people read line by line. */
export function readWritten(root: string, folders: readonly string[]): readonly SourceFile[] {
  const files = (folder: string, recursive: boolean) =>
    readdirSync(folder, { recursive, withFileTypes: true })
      .filter((entry) => entry.isFile() && written.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  return [
    ...files(root, false),
    ...folders.map((name) => join(root, name)).flatMap((folder) => (existsSync(folder) ? files(folder, true) : [])),
  ].map((path) => ({ path: relative(root, path).split(sep).join("/"), text: readFileSync(path, "utf8") }));
}
