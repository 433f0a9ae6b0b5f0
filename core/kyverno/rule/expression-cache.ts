/**
 * Compiled expressions by their text, for as long as a policy is loaded. A resource may bring expressions of its own by
 * way of variables, so what is held is bounded by its characters. Source: docs/architecture.md#bounds.
 */
import type { Expression } from "../../jmespath/expression.ts";

/** No policy comes near; a compiled expression takes about a hundred bytes for each character. */
const maxCharacters = 200_000;

export class ExpressionCache {
  readonly #byText = new Map<string, Expression>();
  #characters = 0;

  get(text: string): Expression | undefined {
    return this.#byText.get(text);
  }

  /** Keeps an expression. When the cache is full it begins again: a policy's own expressions come back at once. */
  set(text: string, expression: Expression): void {
    if (text.length > maxCharacters / 10) return;
    if (this.#characters + text.length > maxCharacters) {
      this.#byText.clear();
      this.#characters = 0;
    }
    this.#characters += text.length;
    this.#byText.set(text, expression);
  }
}
