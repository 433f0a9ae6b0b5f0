/** Anchors, tags, aliases and keys: what block and flow collections share. Source: YAML 1.2 section 6.9. */
import type { Cursor } from "./yaml-cursor.ts";
import { readPlainLine } from "./yaml-plain.ts";
import type { YamlAlias, YamlNode, YamlScalar } from "./yaml-tree.ts";

/** What stands before a value. */
export interface Properties {
  readonly offset: number;
  readonly anchor?: string | undefined;
  readonly tag?: string | undefined;
}

const name = /[A-Za-z0-9_-]*/y;

function readName(cursor: Cursor, what: string): string {
  name.lastIndex = cursor.at + 1;
  const [found = ""] = name.exec(cursor.text) ?? [];
  if (found === "") cursor.lost(`the name of an ${what} is made of letters, digits, - and _`);
  cursor.at += 1 + found.length;
  return found;
}

/** Anchor and tag, each once; `undefined` where there is neither. The cursor ends behind the spaces after them. */
export function readProperties(cursor: Cursor): Properties | undefined {
  const offset = cursor.at;
  let anchor: string | undefined;
  let tag: string | undefined;
  for (let first = cursor.peek(); first === "&" || first === "!"; first = cursor.peek()) {
    const at = cursor.at;
    if ((first === "&" ? anchor : tag) !== undefined) cursor.refuse("a value has two anchors or two tags");
    if (first === "&") anchor = readName(cursor, "anchor");
    else {
      while (!cursor.isBlank()) cursor.at++;
      tag = cursor.text.slice(at, cursor.at);
    }
    if (!cursor.isBlank()) cursor.lost("the name of an anchor is made of letters, digits, - and _", at);
    cursor.skipSpaces();
  }
  return anchor === undefined && tag === undefined ? undefined : { offset, anchor, tag };
}

const scalarTags: ReadonlySet<string> = new Set(["!!str", "!!int", "!!float", "!!bool", "!!null"]);

/** A value with what stands before it. @throws YamlFault */
export function withProperties(cursor: Cursor, node: YamlNode, properties: Properties | undefined): YamlNode {
  if (properties === undefined) return node;
  const { anchor, tag, offset } = properties;
  if (node.kind === "alias") cursor.refuse("an alias has neither anchor nor tag", offset);
  if (node.kind === "scalar") {
    if (node.isPlain && node.text === "") cursor.lost("an anchor or tag has no value", offset);
    if (tag !== undefined && !scalarTags.has(tag)) cursor.lost(`the tag ${tag.slice(0, 60)} is not read here`, offset);
    return { ...node, anchor, tag };
  }
  if (tag !== undefined && tag !== (node.kind === "map" ? "!!map" : "!!seq"))
    cursor.lost(`the tag ${tag.slice(0, 60)} is not read here`, offset);
  return { ...node, anchor };
}

/** From `*` to behind the name. */
export function readAlias(cursor: Cursor, inFlow: boolean): YamlAlias {
  const offset = cursor.at;
  const target = readName(cursor, "alias");
  if (!cursor.isBlank() && !(inFlow && /[,\]}]/.test(cursor.peek() ?? "")))
    cursor.lost("the name of an alias is made of letters, digits, - and _", offset);
  return { kind: "alias", offset, name: target };
}

/** Longer keys are no keys for Go's reader, which looks 1024 characters ahead. */
const longestKey = 1000;

/** What must hold of a key when the cursor is at its colon. @throws YamlFault */
export function checkKey(cursor: Cursor, key: YamlScalar, line: number): YamlScalar {
  if (cursor.lineStart !== line) cursor.refuse("a key must stand on one line", key.offset);
  if (cursor.at - key.offset > longestKey) cursor.refuse(`a key is longer than ${longestKey} characters`, key.offset);
  if (!key.isPlain && key.text === "<<") cursor.refuse('a quoted "<<" is a merge for some readers only', key.offset);
  return key;
}

/** A plain key up to its colon. */
export function readPlainKey(cursor: Cursor, inFlow: boolean): YamlScalar {
  const offset = cursor.at;
  return { kind: "scalar", offset, text: readPlainLine(cursor, inFlow), isPlain: true };
}
