/**
 * Block collections of YAML, and a whole document. Every construct that readers are known to read differently is left
 * out: explicit keys, keys that are no text, tags of applications. Source: YAML 1.2 chapter 8; go.yaml.in/yaml/v2.
 */
import { readBlockScalar } from "./yaml-block-scalar.ts";
import { Cursor } from "./yaml-cursor.ts";
import { readFlow } from "./yaml-flow.ts";
import { checkKey, readAlias, readProperties, withProperties } from "./yaml-parts.ts";
import { beginsPlain, readPlainLine, readPlainRest } from "./yaml-plain.ts";
import { readQuoted } from "./yaml-quoted.ts";
import { missing, type YamlList, type YamlMap, type YamlMember, type YamlNode, type YamlScalar } from "./yaml-tree.ts";

/** The part of a text from `start` to `end`; `undefined` when it holds only comments. @throws YamlFault */
export function readDocument(text: string, start: number, end: number, maxDepth: number): YamlNode | undefined {
  const cursor = new Cursor(text, start, end, maxDepth);
  if (!cursor.toNextLine()) return undefined;
  if (cursor.peek() === "%" && cursor.column === 0)
    cursor.refuse("a directive is not read by kubectl; remove the line");
  if (cursor.peek() === "|" || cursor.peek() === ">") cursor.refuse("a document is not a text block");
  const node = readNode(cursor, -1);
  if (cursor.toNextLine()) cursor.lost("this line belongs to nothing above it; check its indentation");
  return node;
}

const isItem = (cursor: Cursor): boolean => cursor.peek() === "-" && cursor.isBlank(1);

/**
 * A value at its first character: the first on its line, or behind hyphens. The cursor ends at the beginning of a
 * line.
 */
function readNode(cursor: Cursor, parentIndent: number): YamlNode {
  const line = cursor.lineStart;
  const properties = readProperties(cursor);
  if (properties !== undefined) {
    cursor.skipComment();
    if (!cursor.isBreak()) return withProperties(cursor, readInline(cursor, parentIndent, noKey), properties);
    cursor.skipBreak();
    return withProperties(cursor, readBelow(cursor, parentIndent, properties.offset), properties);
  }
  if (isItem(cursor)) return readList(cursor);
  const first = cursor.peek();
  if (first === '"' || first === "'") {
    const scalar = readQuoted(cursor, parentIndent);
    cursor.skipSpacesAndTabs();
    if (cursor.peek() === ":" && cursor.isBlank(1)) return readMap(cursor, checkKey(cursor, scalar, line), line);
    cursor.endLine();
    return scalar;
  }
  if (!beginsPlain(cursor, false)) return readInline(cursor, parentIndent);
  const offset = cursor.at;
  const text = readPlainLine(cursor, false);
  if (cursor.peek() !== ":" || !cursor.isBlank(1)) return readPlainEnd(cursor, text, offset, parentIndent);
  return readMap(cursor, checkKey(cursor, { kind: "scalar", offset, text, isPlain: true }, line), line);
}

const noMap = 'quote a value that has ": " in it, or write it as a key on a line of its own';
const noKey = "an anchor or tag stands at a value, not at a key";

function readPlainEnd(cursor: Cursor, first: string, offset: number, parentIndent: number, colon = noMap): YamlScalar {
  const scalar = readPlainRest(cursor, first, offset, false, parentIndent);
  if (cursor.peek() === ":") cursor.refuse(colon);
  cursor.endLine();
  return scalar;
}

/** A value that is no block collection; `colon` says what is wrong where a colon makes a key of it. */
function readInline(cursor: Cursor, parentIndent: number, colon = noMap): YamlNode {
  const first = cursor.peek();
  if (first === "|" || first === ">") return readBlockScalar(cursor, parentIndent);
  if (first === "?" && cursor.isBlank(1))
    cursor.refuse('YAML readers differ about the "?" before a key; write KEY: VALUE');
  let node: YamlNode;
  if (first === "{" || first === "[") node = readFlow(cursor, parentIndent);
  else if (first === '"' || first === "'") node = readQuoted(cursor, parentIndent);
  else if (first === "*") node = readAlias(cursor, false);
  else if (beginsPlain(cursor, false)) {
    const offset = cursor.at;
    return readPlainEnd(cursor, readPlainLine(cursor, false), offset, parentIndent, colon);
  } else if (isItem(cursor)) cursor.refuse("begin the list on the line below its key");
  else cursor.unexpected("a value");
  cursor.skipSpacesAndTabs();
  if (cursor.peek() === ":") cursor.refuse(colon);
  cursor.endLine();
  return node;
}

/** The value on the lines below a key, a hyphen or properties, if it is indented deeper. */
function readBelow(cursor: Cursor, parentIndent: number, offset: number): YamlNode {
  return readFromLine(cursor, cursor.toNextLine(), parentIndent, offset);
}

function readFromLine(cursor: Cursor, found: boolean, parentIndent: number, offset: number): YamlNode {
  if (found && cursor.column > parentIndent) return readNode(cursor, parentIndent);
  cursor.at = cursor.lineStart;
  return missing(offset);
}

/** What follows a hyphen at `indent`. */
function readItem(cursor: Cursor, indent: number): YamlNode {
  const offset = cursor.at;
  cursor.at++;
  cursor.skipSpaces();
  if (cursor.peek() === "\t") cursor.refuse("a tab indents this line; use spaces");
  cursor.skipComment();
  if (!cursor.isBreak()) return readNode(cursor, indent);
  cursor.skipBreak();
  return readBelow(cursor, indent, offset);
}

/** Items at the column of the cursor, which is at a hyphen. */
function readList(cursor: Cursor): YamlList {
  const offset = cursor.at;
  const indent = cursor.column;
  const items: YamlNode[] = [];
  cursor.enter();
  do items.push(readItem(cursor, indent));
  while (cursor.toNextLine() && cursor.column === indent && isItem(cursor));
  if (cursor.column > indent && !cursor.isBreak())
    cursor.lost("this line belongs to nothing above it; check its indentation");
  cursor.at = cursor.lineStart;
  cursor.leave();
  return { kind: "list", offset, items };
}

/** A value after the colon that the cursor is at. */
function readMemberValue(cursor: Cursor, indent: number): YamlNode {
  const offset = cursor.at;
  cursor.at++;
  cursor.skipSpacesAndTabs();
  const properties = readProperties(cursor);
  cursor.skipComment();
  if (!cursor.isBreak()) return withProperties(cursor, readInline(cursor, indent), properties);
  cursor.skipBreak();
  const found = cursor.toNextLine();
  // A list may stand at the column of its key.
  const isListBelow = found && cursor.column === indent && isItem(cursor);
  const node = isListBelow ? readList(cursor) : readFromLine(cursor, found, indent, offset);
  return withProperties(cursor, node, properties);
}

/** Members at the column of the first key, which is read: the cursor is at its colon. */
function readMap(cursor: Cursor, firstKey: YamlScalar, line: number): YamlMap {
  const { offset } = firstKey;
  const indent = offset - line;
  const members: YamlMember[] = [];
  cursor.enter();
  let key: YamlScalar | undefined = firstKey;
  while (key !== undefined) {
    members.push({ key, value: readMemberValue(cursor, indent) });
    key = readNextKey(cursor, indent);
  }
  cursor.leave();
  return { kind: "map", offset, members };
}

/** The next key at `indent`, to its colon; `undefined` where the map ends, at the beginning of a line. */
function readNextKey(cursor: Cursor, indent: number): YamlScalar | undefined {
  if (!cursor.toNextLine() || cursor.column < indent) {
    cursor.at = cursor.lineStart;
    return undefined;
  }
  if (cursor.column > indent) cursor.lost("this line belongs to nothing above it; check its indentation");
  const { lineStart: line, at: offset } = cursor;
  const first = cursor.peek();
  let key: YamlScalar;
  if (first === '"' || first === "'") {
    key = readQuoted(cursor, indent);
    cursor.skipSpacesAndTabs();
  } else if (beginsPlain(cursor, false))
    key = { kind: "scalar", offset, text: readPlainLine(cursor, false), isPlain: true };
  else if (first === "?") cursor.refuse('YAML readers differ about the "?" before a key; write KEY: VALUE');
  else cursor.lost("a key may not have an anchor, an alias or a tag");
  if (cursor.peek() !== ":" || !cursor.isBlank(1)) cursor.lost('":" is missing after this key', offset);
  return checkKey(cursor, key, line);
}
