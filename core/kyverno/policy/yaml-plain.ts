/** Plain scalars of YAML: neither quoted nor a block. Source: YAML 1.2 section 7.3.3; go.yaml.in/yaml/v2. */
import type { Cursor } from "./yaml-cursor.ts";
import type { YamlScalar } from "./yaml-tree.ts";

const firstCharacter = /[^\s\-?:,[\]{}#&*!|>'"%@`]/u;
/** Readers differ in a scalar of a flow collection that is a hyphen alone. */
const ofFlow = /[,[\]{}]/;

/**
 * Whether a plain scalar may begin here: in Go's reader with a hyphen before anything but a blank, and outside flow
 * collections with a question mark or a colon too, such as `:9443`.
 */
export const beginsPlain = (cursor: Cursor, inFlow: boolean): boolean => {
  const first = cursor.peek();
  if (first === undefined) return false;
  if (first === "-") return !cursor.isBlank(1) && !(inFlow && ofFlow.test(cursor.peek(1) ?? ""));
  if (first === "?" || first === ":") return !inFlow && !cursor.isBlank(1);
  return firstCharacter.test(first);
};

/** The part of one line, without the spaces behind it. The cursor ends where the scalar or its line does. */
export function readPlainLine(cursor: Cursor, inFlow: boolean): string {
  const from = cursor.at;
  let last = from;
  for (let character = cursor.peek(); character !== undefined; character = cursor.peek()) {
    if (character === "\n" || character === "\r") break;
    if (character === ":" && cursor.isBlank(1)) break;
    if (inFlow) {
      if (character === "," || character === "[" || character === "]" || character === "{" || character === "}") break;
      if (character === "?") cursor.refuse('quote this value: readers differ in its "?"', from);
      if (character === ":" && /[,[\]{}]/.test(cursor.peek(1) ?? "")) cursor.refuse("put a space after the colon");
    }
    if (character === " " || character === "\t") {
      if (cursor.peek(1) === "#") {
        cursor.at++;
        break;
      }
      cursor.at++;
      continue;
    }
    cursor.at++;
    last = cursor.at;
  }
  return cursor.text.slice(from, last);
}

/**
 * The lines after the first one, which is read: deeper than `parentIndent`, joined by a space, an empty line being a
 * line end.
 */
export function readPlainRest(
  cursor: Cursor,
  first: string,
  offset: number,
  inFlow: boolean,
  parentIndent: number,
): YamlScalar {
  const parts = [first];
  while (cursor.isBreak() && cursor.at < cursor.end) {
    const { at, lineStart } = cursor;
    let breaks = 0;
    let tab: number | undefined;
    while (cursor.skipBreak()) {
      breaks++;
      cursor.skipSpaces();
      if (cursor.peek() === "\t") tab ??= cursor.at;
      cursor.skipSpacesAndTabs();
    }
    const goesOn = !cursor.isBreak() && (inFlow || cursor.column > parentIndent) && cursor.peek() !== "#";
    const line = goesOn ? readPlainLine(cursor, inFlow) : "";
    if (tab !== undefined && (!inFlow || line !== "")) cursor.refuse("a tab indents this line; use spaces", tab);
    if (line === "") {
      // Back to the line end: what follows is no part of the scalar.
      cursor.at = at;
      cursor.lineStart = lineStart;
      break;
    }
    parts.push(breaks === 1 ? " " : "\n".repeat(breaks - 1), line);
  }
  return { kind: "scalar", offset, text: parts.join(""), isPlain: true };
}
