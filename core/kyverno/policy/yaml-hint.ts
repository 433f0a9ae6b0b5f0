/**
 * What to do about YAML that does not parse: the slips that policies are known for. Source:
 * docs/spec/kyverno.md#checks-at-load.
 */

/** What no expression of Kyverno has: actions, functions and objects of Helm's templates, and their dashes. */
const helmAction =
  /\{\{-|-\}\}|\{\{\s*(?:[.$]|(?:if|else|end|range|with|define|block|include|template|tpl|toYaml)\b)|\|\s*(?:n?indent|quote)\b/;

/** A value that begins with a character which means something else there. */
const indicator = /(?:^\s*-\s+|:\s+|[[{,]\s*)([*&!%@`][^\s,\]}]*)/;
const meanings: Readonly<Record<string, string>> = {
  "*": "begins an alias",
  "&": "begins an anchor",
  "!": "begins a tag",
  "%": "begins a directive",
  "@": "is reserved",
  "`": "is reserved",
};

const unquotedBraces = /(?:[:-]\s+|^\s*)\{\{/;
const blockHeader = /^(\s*)(?:- )*([^\s#][^#]*?):\s*[|>][-+0-9]*\s*(?:#.*)?$/;

/** A longer line is no slip of a hand; the pattern is not linear in it. */
const longestLine = 1000;

/** How far above a fault its cause is looked for, and how far below a header its text. */
const nearby = 40;

const templateHint = "this is a template of Helm: render it first (helm template CHART), and give what comes out";

/** What to do about an expression between braces that no expression of Kyverno is like. */
export const expressionHint = (expression: string): string | undefined =>
  helmAction.test(`{{${expression.slice(0, longestLine)}}}`) ? templateHint : undefined;

/** How a fault in `line` (1-based) of these lines can be mended, or `undefined`. */
export function yamlHint(lines: readonly string[], line: number): string | undefined {
  const current = (lines[line - 1] ?? "").slice(0, longestLine);
  if (helmAction.test(current)) return templateHint;
  if (unquotedBraces.test(current)) return 'quote a value that begins with braces: "{{ … }}"';
  const [, value = ""] = indicator.exec(current) ?? [];
  if (value !== "") {
    const first = value.slice(0, 1);
    return `${first} ${meanings[first] ?? ""} in YAML: quote what is meant as text: ${JSON.stringify(value)}`;
  }
  // The fault is reported where the text that should have been in the block begins or ends.
  for (let index = line - 1; index >= Math.max(0, line - nearby); index--) {
    const header = blockHeader.exec((lines[index] ?? "").slice(0, longestLine));
    if (header === null) continue;
    const [, indent = "", key = ""] = header;
    const below = lines.slice(index + 1, index + 1 + nearby).find((candidate) => candidate.trim() !== "");
    const inside = /^ */.exec(below ?? "")?.[0].length ?? 0;
    return below !== undefined && index < line && inside <= indent.length
      ? `indent the text below ${JSON.stringify(`${key}: |`)} deeper than its key`
      : undefined;
  }
  return undefined;
}
