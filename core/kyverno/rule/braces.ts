/** Where variables `{{ … }}` stand in a text, found in linear time. Source: docs/spec/kyverno.md#variables. */

/**
 * The end of the variable that begins at `start`, or -1. Between its double braces stand no braces but one level of
 * single ones, as JMESPath's `{a: b}` has them; so of nested variables the innermost is found.
 */
function variableEnd(text: string, start: number): number {
  for (let at = start + 2; at < text.length; at++) {
    const unit = text[at];
    if (unit === "}") return text[at + 1] === "}" ? at + 2 : -1;
    if (unit !== "{") continue;
    do at++;
    while (at < text.length && text[at] !== "{" && text[at] !== "}");
    if (text[at] !== "}") return -1;
  }
  return -1;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The variables that are not escaped. Behind the first brace of one that is escaped another may begin: `\{{{a}}`.
 * Between two of them stands a character: one that follows another at once is found when that one has been replaced.
 */
function* spans(text: string): Generator<Span> {
  let start = text.indexOf("{{");
  while (start >= 0) {
    const end = text[start - 1] === "\\" ? -1 : variableEnd(text, start);
    if (end >= 0) yield { start, end };
    start = text.indexOf("{{", (end >= 0 ? end : start) + 1);
  }
}

/** Whether the whole text is one variable. */
export const isWholeVariable = (text: string): boolean =>
  text.startsWith("{{") && text.endsWith("}}") && variableEnd(text, 0) === text.length;

/** Whether the text has a variable that is not escaped. */
export const holdsVariable = (text: string): boolean => spans(text).next().done !== true;

/** The text with its variables replaced; `replace` is given each with its braces. */
export function replaceVariables(text: string, replace: (variable: string) => string): string {
  let result = "";
  let from = 0;
  for (const { start, end } of spans(text)) {
    result += text.slice(from, start) + replace(text.slice(start, end));
    from = end;
  }
  return result + text.slice(from);
}

/** `\{{` as `{{`, whatever follows. */
export const unescapeVariables = (text: string): string => text.replaceAll("\\{{", "{{");
