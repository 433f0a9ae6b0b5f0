/** Quoted scalars of YAML. Source: YAML 1.2 section 7.3; go.yaml.in/yaml/v2. */
import { holdsLoneSurrogate } from "../../encoding/utf8.ts";
import { type Cursor, isSpace } from "./yaml-cursor.ts";
import type { YamlScalar } from "./yaml-tree.ts";

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\u0085",
  _: "\u00a0",
  L: "\u2028",
  P: "\u2029",
};
const codeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function escaped(cursor: Cursor): string {
  const letter = cursor.peek(1) ?? "";
  const simple = Object.hasOwn(escapes, letter) ? escapes[letter] : undefined;
  if (simple !== undefined) {
    cursor.at += 2;
    return simple;
  }
  const length = Object.hasOwn(codeLengths, letter) ? codeLengths[letter] : undefined;
  const code =
    length === undefined ? "" : cursor.text.slice(cursor.at + 2, Math.min(cursor.at + 2 + length, cursor.end));
  if (length === undefined || code.length < length || !/^[0-9a-fA-F]+$/.test(code))
    cursor.refuse("a backslash that begins no escape; double it, or use single quotes");
  const point = Number.parseInt(code, 16);
  if (point > 0x10ffff) cursor.refuse("an escape that stands for no character");
  cursor.at += 2 + length;
  return String.fromCodePoint(point);
}

/**
 * Over line ends and the spaces around them. Lines are joined by a space, an empty line is a line end.
 * @returns what stands for them
 */
function folded(cursor: Cursor, parentIndent: number): string {
  let breaks = 0;
  while (cursor.skipBreak()) {
    breaks++;
    cursor.skipSpacesAndTabs();
  }
  if (breaks > 0 && cursor.column <= parentIndent && !cursor.isBreak())
    cursor.refuse("the next line of a quoted value must be indented deeper than its key");
  return breaks === 1 ? " " : "\n".repeat(breaks - 1);
}

/** From a quote to behind its partner. @throws YamlFault */
export function readQuoted(cursor: Cursor, parentIndent: number): YamlScalar {
  const offset = cursor.at;
  const quote = cursor.peek();
  const stop = quote === '"' ? /["\\ \t\r\n]/g : /['\s]/g;
  let text = "";
  cursor.at++;
  for (;;) {
    stop.lastIndex = cursor.at;
    const found = Math.min(stop.exec(cursor.text)?.index ?? cursor.end, cursor.end);
    text += cursor.text.slice(cursor.at, found);
    cursor.at = found;
    const character = cursor.peek();
    if (character === undefined) cursor.refuse("the closing quote is missing", offset);
    else if (character === quote) {
      if (quote !== "'" || cursor.peek(1) !== "'") break;
      text += "'";
      cursor.at += 2;
    } else if (character === "\\" && cursor.isBreak(1)) {
      cursor.at++;
      cursor.skipBreak();
      cursor.skipSpacesAndTabs();
      if (cursor.isBreak())
        cursor.refuse("YAML readers differ about an empty line after a line that ends with a backslash; remove it");
      if (cursor.column <= parentIndent)
        cursor.refuse("the next line of a quoted value must be indented deeper than its key");
    } else if (character === "\\") text += escaped(cursor);
    else if (isSpace(character)) {
      const from = cursor.at;
      cursor.skipSpacesAndTabs();
      if (!cursor.isBreak()) text += cursor.text.slice(from, cursor.at);
    } else if (cursor.isBreak()) text += folded(cursor, parentIndent);
    else {
      // A space to regular expressions, and a character to YAML.
      text += character;
      cursor.at++;
    }
  }
  cursor.at++;
  if (holdsLoneSurrogate(text)) cursor.refuse("an escape stands for half of a surrogate pair", offset);
  return { kind: "scalar", offset, text, isPlain: false };
}
