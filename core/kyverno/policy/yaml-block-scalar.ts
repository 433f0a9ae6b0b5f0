/** Literal and folded blocks of YAML. Source: YAML 1.2 section 8.1; go.yaml.in/yaml/v2. */
import { type Cursor, isSpace } from "./yaml-cursor.ts";
import type { YamlScalar } from "./yaml-tree.ts";

const header = /^[|>](?:([1-9])([-+])?|([-+])([1-9])?)?$/;

/** Over the spaces and empty lines before a line of text. @returns how many lines were empty */
function skipEmptyLines(cursor: Cursor, indent: number): number {
  let lines = 0;
  for (;;) {
    while (cursor.column < indent && cursor.peek() === " ") cursor.at++;
    if (cursor.column < indent && cursor.peek() === "\t") cursor.refuse("a tab indents this line; use spaces");
    if (!cursor.isBreak() || !cursor.skipBreak()) return lines;
    lines++;
  }
}

/** The indentation of the first line that is not empty. */
function findIndent(cursor: Cursor, parentIndent: number): number {
  const { at, lineStart } = cursor;
  let widest = 0;
  do {
    cursor.skipSpaces();
    if (!cursor.isBreak()) break;
    widest = Math.max(widest, cursor.column);
  } while (cursor.skipBreak());
  if (cursor.peek() === "\t") cursor.refuse("a tab indents this line; use spaces");
  const isText = !cursor.isBreak() && cursor.column > parentIndent;
  const indent = isText ? cursor.column : Math.max(parentIndent + 1, 1);
  if (widest > indent) cursor.refuse("an empty line at the beginning of a text has more spaces than the text");
  cursor.at = at;
  cursor.lineStart = lineStart;
  return Math.max(indent, 1);
}

/** From `|` or `>` to the line behind the block. @throws YamlFault */
export function readBlockScalar(cursor: Cursor, parentIndent: number): YamlScalar {
  const offset = cursor.at;
  const isFolded = cursor.peek() === ">";
  while (!cursor.isBlank()) cursor.at++;
  const match = header.exec(cursor.text.slice(offset, Math.min(cursor.at, offset + 4)));
  if (match === null || cursor.at - offset > 3) cursor.refuse("a block begins with | or >, then - or +", offset);
  const chomping = match[2] ?? match[3];
  const increment = Number(match[1] ?? match[4] ?? 0);
  cursor.endLine();
  const indent = increment > 0 ? Math.max(parentIndent, 0) + increment : findIndent(cursor, parentIndent);
  const parts: string[] = [];
  let empty = skipEmptyLines(cursor, indent);
  let isFirst = true;
  let wasIndented = false;
  while (cursor.at < cursor.end && cursor.column === indent) {
    const isIndented = isSpace(cursor.peek());
    if (!isFirst && !(isFolded && !wasIndented && !isIndented)) parts.push("\n");
    else if (!isFirst && empty === 0) parts.push(" ");
    parts.push("\n".repeat(empty));
    const from = cursor.at;
    while (!cursor.isBreak()) cursor.at++;
    parts.push(cursor.text.slice(from, cursor.at));
    wasIndented = isIndented;
    isFirst = false;
    cursor.skipBreak();
    empty = skipEmptyLines(cursor, indent);
  }
  if (!isFirst && chomping !== "-") parts.push("\n");
  if (chomping === "+") parts.push("\n".repeat(empty));
  // The next line is read from its beginning.
  cursor.at = cursor.lineStart;
  return { kind: "scalar", offset, text: parts.join(""), isPlain: false };
}
