/**
 * Bounds on nesting before YAML is composed, since parsing and composing recurse. Source: docs/architecture.md#bounds.
 */
import { type CST, Lexer, type Parser } from "yaml";

type Token = CST.Token;
type Open = readonly [token: Token | null | undefined, depth: number];

const childrenOf = (token: Token): readonly (Token | null | undefined)[] => {
  if (token.type === "document") return [token.value];
  if ("items" in token) return token.items.flatMap((item) => ("key" in item ? [item.key, item.value] : [item.value]));
  return [];
};

/** The offset where a document is nested deeper than `limit` collections, or `undefined`. */
export function tooDeepAt(document: Token, limit: number): number | undefined {
  const open: Open[] = [[document, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next;
    if (token === null || token === undefined) continue;
    if (depth > limit + 1) return token.offset;
    for (const child of childrenOf(token)) open.push([child, depth + 1]);
  }
  return undefined;
}

/** The document, and a scalar within the innermost collection. */
const besideCollections = 2;

/**
 * The parser's tokens; the offset, at last, where it holds more open collections than it can close without running out
 * of stack: closing recurses.
 */
export function* boundedTokens(parser: Parser, text: string, depth: number): Generator<CST.Token | number, void> {
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    const { stack } = parser;
    if (stack.length > depth + 1 + besideCollections) {
      yield stack.at(-1)?.offset ?? 0;
      return;
    }
  }
  yield* parser.end();
}
