/**
 * What people read of a decision at admission: the block of a denial, and warnings. Source:
 * docs/spec/kyverno.md#rule-messages, docs/spec/outcomes.md#documented-messages.
 *
 *     resource Pod/default/unsigned was blocked due to the following policies
 *
 *     check-image:
 *       check-image: 'image verification failed for ghcr.io/org/app:unsigned: signature not
 *         found; .attestors[0].entries[0].keys: [no-signature] …'
 */
import type { RuleResult } from "../kyverno/image/result.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import { signNumber } from "../encoding/hidden-signs.ts";
import { isKind } from "../patterns/character-kind.ts";

/** The API server cuts a warning after 256 characters. */
const warningLength = 250;
/** And drops what comes after 4,096 characters of all of them. */
const warningsLength = 4096;
/** A kind, a namespace and a name of Kubernetes are shorter together. */
const nameLength = 400;
/** Where the documentation's block breaks its lines. */
const lineLength = 80;

export const didNotPass = ({ status }: RuleResult): boolean => status !== "pass" && status !== "skip";

export const resourceName = ({ kind, namespace, name = "" }: AdmissionRequest): string =>
  shownName(namespace === undefined ? `${kind.kind}/${name}` : `${kind.kind}/${namespace}/${name}`);

/** Nobody has looked at a name yet: it may be of any length, and hold what a screen obeys. */
export function shownName(whole: string): string {
  if (whole.length <= nameLength && /^[ -~]*$/.test(whole)) return whole;
  const shown = whole.length <= nameLength ? whole : `${whole.slice(0, nameLength)}…`;
  return Array.from(shown, (sign) => (isKind("hidden", sign) ? signNumber(sign) : sign)).join("");
}

/**
 * The block, as the documentation shows it: every rule that did not pass, by policy, in order of the names. `id`: of
 * the remembered decision, with the flags by which it is found, in a comment below it.
 */
export function denialBlock(request: AdmissionRequest, results: readonly RuleResult[], id?: string): string {
  const byPolicy = new Map<string, Map<string, Set<string>>>();
  for (const { policy, rule, message } of results.filter(didNotPass)) {
    const rules = byPolicy.get(policy) ?? new Map<string, Set<string>>();
    byPolicy.set(policy, rules);
    rules.set(rule, (rules.get(rule) ?? new Set<string>()).add(message));
  }
  const blocks = sorted(byPolicy).map(([policy, rules]) => {
    const lines = sorted(rules).map(
      ([rule, messages]) => `  ${key(rule)}: ${scalar([...messages].join("; "), 4 + rule.length)}\n`,
    );
    return `${key(policy)}:\n${lines.join("")}`;
  });
  const more = id === undefined ? "" : `# sallyport explain ${id}\n`;
  const said = `${blocks.join("")}${more}`;
  return `\n\nresource ${resourceName(request)} was blocked due to the following policies \n\n${said}`;
}

const sorted = <Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

/** What YAML reads as a text without quotes, wherever it stands. */
const plain = /^[A-Za-z.][\w./@()+-]*(?: [\w./@()+-]+)*$/;
const word = /^(?:true|false|yes|no|on|off|null|y|n)$/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these cannot stand in a text with single quotes.
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/;

/** A text of YAML. `column`: where it begins. */
function scalar(text: string, column: number): string {
  if (unprintable.test(text)) return JSON.stringify(text);
  if (plain.test(text) && !word.test(text)) return fold(text, column);
  return `'${fold(text.replaceAll("'", "''"), column + 1)}'`;
}

/** A key stands on one line. */
const key = (text: string): string => scalar(text, Number.NEGATIVE_INFINITY);

/** Breaks at the first space after the length of a line, as Kyverno's does: one space again when it is read. */
function fold(text: string, column: number): string {
  let at = column;
  return text
    .split(/(?<=[^ ]) (?=[^ ])/)
    .map((part, index) => {
      const isBroken = index > 0 && at > lineLength;
      at = (isBroken ? 4 : at + Math.min(index, 1)) + part.length;
      return `${index === 0 ? "" : isBroken ? "\n    " : " "}${part}`;
    })
    .join("");
}

/**
 * Warnings of an admitted request: what did not pass, then what there is to say of trust and time. The code stays where
 * a text is cut.
 */
export function admissionWarnings(results: readonly RuleResult[], trust: readonly string[]): readonly string[] {
  const texts = results.filter(didNotPass).map(({ policy, rule, message, failures }) => {
    const whole = `policy ${policy}.${rule}: ${message}`;
    const [first] = failures;
    return whole.length <= warningLength || first === undefined
      ? whole
      : `policy ${policy}.${rule} [${first.code}]: ${message}`;
  });
  const warnings: string[] = [];
  let length = 0;
  for (const text of new Set([...texts, ...trust].map(cut))) {
    length += text.length;
    if (length > warningsLength) break;
    warnings.push(text);
  }
  return warnings;
}

/** What a client shows on one line. */
function cut(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  const characters = [...line];
  return characters.length <= warningLength ? line : `${characters.slice(0, warningLength - 1).join("")}…`;
}
