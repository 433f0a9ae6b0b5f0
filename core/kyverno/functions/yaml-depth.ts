/**
 * Bounds on nesting before YAML is composed, since parsing and composing recurse. Source: docs/architecture.md#bounds.
 */
import { type CST, Lexer, type Parser } from "yaml";

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
