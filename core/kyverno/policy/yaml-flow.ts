/** Flow collections of YAML: `{…}` and `[…]`, and so JSON. Source: YAML 1.2 section 7.4; go.yaml.in/yaml/v2. */
import type { Cursor } from "./yaml-cursor.ts";
import { checkKey, readAlias, readPlainKey, readProperties, withProperties } from "./yaml-parts.ts";
import { beginsPlain, readPlainLine, readPlainRest } from "./yaml-plain.ts";
import { readQuoted } from "./yaml-quoted.ts";
import type { YamlMember, YamlNode } from "./yaml-tree.ts";

/** From `{` or `[` to behind its partner. @throws YamlFault */
export function readFlow(cursor: Cursor, parentIndent: number): YamlNode {
  const offset = cursor.at;
  const isMap = cursor.peek() === "{";
  const close = isMap ? "}" : "]";
  const members: YamlMember[] = [];
  const items: YamlNode[] = [];
  cursor.enter();
  cursor.at++;
  cursor.skipInFlow();
  while (cursor.peek() !== close) {
    if (isMap) members.push(readMember(cursor, parentIndent));
    else items.push(readValue(cursor, parentIndent, "a value of the list"));
    cursor.skipInFlow();
    if (cursor.peek() === close) break;
    if (cursor.peek() === ":" && !isMap) cursor.refuse("put a map within a list in braces: [{KEY: VALUE}]");
    if (cursor.peek() !== ",") cursor.unexpected(`"," or "${close}"`);
    cursor.at++;
    cursor.skipInFlow();
  }
  cursor.at++;
  cursor.leave();
  return isMap ? { kind: "map", offset, members } : { kind: "list", offset, items };
}

function readMember(cursor: Cursor, parentIndent: number): YamlMember {
  const line = cursor.lineStart;
  const first = cursor.peek();
  if (first === "?") cursor.refuse('YAML readers differ about the "?" before a key; write KEY: VALUE');
  if (first === "{" || first === "[") cursor.lost("expected a key, which is text, found a map or a list");
  if (first === "&" || first === "!" || first === "*") cursor.lost("a key may not have an anchor, an alias or a tag");
  if (first !== '"' && first !== "'" && !beginsPlain(cursor, true)) cursor.unexpected("a key");
  const key = first === '"' || first === "'" ? readQuoted(cursor, parentIndent) : readPlainKey(cursor, true);
  cursor.skipSpacesAndTabs();
  if (cursor.peek() !== ":") cursor.unexpected('":" after the key');
  checkKey(cursor, key, line);
  cursor.at++;
  cursor.skipInFlow();
  return { key, value: readValue(cursor, parentIndent, "a value, or null,") };
}

function readValue(cursor: Cursor, parentIndent: number, wanted: string): YamlNode {
  const properties = readProperties(cursor);
  if (properties !== undefined) cursor.skipInFlow();
  return withProperties(cursor, readBareValue(cursor, parentIndent, wanted), properties);
}

function readBareValue(cursor: Cursor, parentIndent: number, wanted: string): YamlNode {
  const first = cursor.peek();
  if (first === "{" || first === "[") return readFlow(cursor, parentIndent);
  if (first === '"' || first === "'") return readQuoted(cursor, parentIndent);
  if (first === "*") return readAlias(cursor, true);
  if (!beginsPlain(cursor, true)) cursor.unexpected(wanted);
  const offset = cursor.at;
  return readPlainRest(cursor, readPlainLine(cursor, true), offset, true, parentIndent);
}
