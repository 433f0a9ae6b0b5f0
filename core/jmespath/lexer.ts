/**
 * Tokens of Kyverno's dialect of JMESPath, with the bounds that keep a recursive parser safe. Source:
 * kyverno/go-jmespath.
 */
import { type JsonValue, parseJson } from "../encoding/json.ts";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";

/** `word`, `quoted` and `number` carry text, `literal` its value; every other token is its own sign. */
export type Token =
  | { readonly type: "word" | "quoted" | "number"; readonly text: string }
  | { readonly type: "literal"; readonly value: JsonValue }
  | { readonly type: "sign"; readonly text: string };

const space = /[ \t\n\r]+/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const number = /-?[0-9]+/y;
const sign = /\|\||&&|==|!=|<=|>=|\[\?|\[\]|[.*,:{}()@\][|&<>!]/y;

/** The text between delimiters, with backslash pairs left in. */
const enclosed: Readonly<Record<string, RegExp>> = {
  '"': /"((?:[^"\\]|\\[\s\S])*)"/y,
  "`": /`((?:[^`\\]|\\[\s\S])*)`/y,
  "'": /'((?:[^'\\]|\\'|\\(?!'))*)'/y,
};

const refuse = (what: string, expression: string): never => {
  throw new EngineError("malformed", `incorrect query ${expression.slice(0, 200)}: ${what}`, {
    subject: expression.slice(0, 200),
  });
};

const largestInteger = 2n ** 63n;

class Lexer {
  readonly expression: string;
  readonly limits: Limits;
  readonly tokens: Token[] = [];
  at = 0;

  constructor(expression: string, limits: Limits) {
    this.expression = expression;
    this.limits = limits;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.expression);
    if (match === null) return undefined;
    this.at = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  json(text: string): JsonValue {
    try {
      return parseJson(text, {
        duplicateKeys: "last-wins",
        loneSurrogates: "replace",
        limits: this.limits,
      });
    } catch (error) {
      if (error instanceof EngineError && error.code === "malformed") return refuse(error.message, this.expression);
      throw error;
    }
  }

  delimited(delimiter: string): Token {
    const inside =
      this.take(enclosed[delimiter] as RegExp) ?? refuse(`unclosed delimiter ${delimiter}`, this.expression);
    if (delimiter === "'") return { type: "literal", value: inside.replaceAll("\\'", "'") };
    if (delimiter === "`") return { type: "literal", value: this.json(inside.replaceAll("\\`", "`")) };
    return { type: "quoted", text: this.json(`"${inside}"`) as string };
  }

  next(): Token {
    const first = this.expression.charAt(this.at);
    if (Object.hasOwn(enclosed, first)) return this.delimited(first);
    const name = this.take(word);
    if (name !== undefined) return { type: "word", text: name };
    const digits = this.take(number);
    if (digits !== undefined) {
      const value = digits.length > 20 ? largestInteger : BigInt(digits);
      if (value >= largestInteger || value < -largestInteger) refuse(`${digits} is out of range`, this.expression);
      return { type: "number", text: digits };
    }
    return {
      type: "sign",
      text: this.take(sign) ?? refuse(`unknown character ${JSON.stringify(first)}`, this.expression),
    };
  }

  run(): readonly Token[] {
    for (;;) {
      this.take(space);
      if (this.at >= this.expression.length) return this.tokens;
      this.tokens.push(this.next());
    }
  }
}

/**
 * Signs after which the parser is one level deeper until the bracket around them, the element of a list or the
 * alternative ends.
 */
const deepening: ReadonlySet<string> = new Set(["!", "&", "[", "[?", "[]", "*", "==", "!=", "<", "<=", ">", ">="]);
const opening: ReadonlySet<string> = new Set(["(", "[", "{", "[?"]);
const closing: ReadonlySet<string> = new Set([")", "]", "}"]);
const separating: ReadonlySet<string> = new Set([",", "|", "||", "&&"]);

/** @throws EngineError `over-limit` on an expression that a recursive parser would nest too deeply. */
function checkDepth(tokens: readonly Token[], limit: number): void {
  const outer: number[] = [];
  let here = 0;
  let depth = 0;
  for (const token of tokens) {
    if (token.type !== "sign") continue;
    if (closing.has(token.text)) {
      depth -= here;
      here = outer.pop() ?? 0;
      depth -= 1;
    } else if (separating.has(token.text)) {
      depth -= here;
      here = 0;
    }
    if (deepening.has(token.text)) {
      here++;
      depth++;
    }
    if (opening.has(token.text)) {
      outer.push(here);
      here = 0;
      depth++;
    }
    if (depth > limit) throw new EngineError("over-limit", `expression nests deeper than ${limit} levels`);
  }
}

const endsOperand = (token: Token | undefined): boolean =>
  token !== undefined && (token.type !== "sign" || ["]", ")", "}", "@", "*", "[]"].includes(token.text));
const beginsOperand = (token: Token): boolean =>
  token.type !== "sign" ? token.type !== "number" : token.text === "@" || token.text === "&";

/**
 * Refuses what the parser lets pass and go-jmespath does not: `[ ]` and elements of a list without a comma between
 * them.
 */
function checkLists(tokens: readonly Token[], expression: string): void {
  const open: string[] = [];
  for (const [index, token] of tokens.entries()) {
    const before = tokens[index - 1];
    if (open[open.length - 1] === "[" && endsOperand(before) && beginsOperand(token))
      refuse("expected a comma", expression);
    if (token.type !== "sign") continue;
    if (opening.has(token.text)) open.push(token.text);
    else if (closing.has(token.text)) {
      const opened = open.pop();
      if (opened === "[" && token.text === "]" && before?.type === "sign" && before.text === "[")
        refuse("empty list", expression);
    }
  }
}

/**
 * The tokens of an expression.
 * @throws EngineError `malformed` on what is no token, `over-limit` on an expression that is too long or nests too
 * deeply.
 */
export function tokenize(expression: string, limits: Limits): readonly Token[] {
  if (expression.length > limits.expressionBytes)
    throw new EngineError(
      "over-limit",
      `expression of ${expression.length} characters is longer than ${limits.expressionBytes}`,
    );
  const tokens = new Lexer(expression, limits).run();
  checkDepth(tokens, limits.expressionDepth);
  checkLists(tokens, expression);
  return tokens;
}
