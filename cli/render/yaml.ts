/**
 * YAML for machines: the tree of `json.ts`, written so that every reader of YAML 1.1 and 1.2 reads the same. Long lines
 * are not folded, and there are no aliases: a repeated value is written twice. Source: YAML 1.1 and 1.2.
 */
import { EngineError } from "../../core/errors.ts";
import { hasHidden, replaceHidden } from "../../core/encoding/hidden-signs.ts";
import { plain } from "./json.ts";

/** Words that are no text for some reader. */
const words: ReadonlySet<string> = new Set(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]);
/** No number, date or indicator begins like this, and nothing in it ends a plain scalar. */
const plainText = /^[A-Za-z/](?:[\w ./@+=~(),;$^*!?&|<>%\\-]|:(?=[^\s:,[\]{}]))*$/;
/** What no reader takes for a line end, and none refuses. */
const readable = /^[\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
const isPrintable = (text: string): boolean => readable.test(text) && !hasHidden(text);
/** Lines of a literal block: none is blank but has spaces, and none begins with a tab. */
const blockLine = /^(?:|[^\s].*|[ ]+[^\s].*)$/;
const longestKey = 1000;

const escapes: Readonly<Record<string, string>> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const escaped = (character: string): string => {
  const short = escapes[character];
  if (short !== undefined) return short;
  const point = (character.codePointAt(0) ?? 0).toString(16);
  return point.length > 4 ? `\\U${point.padStart(8, "0")}` : `\\u${point.padStart(4, "0")}`;
};

/** A text on one line. */
function quoted(text: string): string {
  if (isPrintable(text)) {
    const isBare = plainText.test(text) && !text.endsWith(" ") && !words.has(text.toLowerCase());
    if (isBare) return text;
    if (/["\\]/.test(text) && !text.includes("'")) return `'${text}'`;
  }
  return `"${replaceHidden(text.replace(/["\\]/g, escaped), escaped)}"`;
}

function block(text: string, indent: string): string | undefined {
  const lines = text.split("\n");
  const isEnded = lines.at(-1) === "";
  if (isEnded) lines.pop();
  const isSafe = lines.every((line) => blockLine.test(line) && isPrintable(line.replaceAll("\t", "")));
  if (lines.length < 2 && !isEnded) return undefined;
  if (!isSafe || lines.at(-1) === "" || !/^\S/.test(lines[0] ?? "")) return undefined;
  return `${isEnded ? "|" : "|-"}\n${lines.map((line) => (line === "" ? "" : indent + line)).join("\n")}`;
}

/** With a point and a sign of the exponent: YAML 1.1 knows no other fractions. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new EngineError("malformed", `${value} is not a number that YAML and JSON have`);
  const [mantissa = "", exponent] = String(value).split("e");
  if (exponent === undefined) return mantissa;
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}e${/^[-+]/.test(exponent) ? "" : "+"}${exponent}`;
}

function key(name: string): string {
  const written = quoted(name);
  if (name !== "<<" && written.length <= longestKey) return written;
  throw new EngineError("unsupported", `readers differ in the key ${JSON.stringify(name.slice(0, 40))}; write JSON`);
}

/** A value behind its key or hyphen, whose own lines stand at `indent`. */
function behind(value: unknown, indent: string, isItem: boolean): string {
  if (typeof value === "string") return ` ${block(value, indent) ?? quoted(value)}\n`;
  if (typeof value === "number") return ` ${number(value)}\n`;
  if (typeof value !== "object" || value === null) return ` ${String(value)}\n`;
  const isEmpty = Object.keys(value).length === 0;
  if (isEmpty) return Array.isArray(value) ? " []\n" : " {}\n";
  const lines = collection(value, indent);
  return isItem ? ` ${lines.slice(indent.length)}` : `\n${lines}`;
}

function collection(value: object, indent: string): string {
  const below = `${indent}  `;
  if (Array.isArray(value)) return value.map((item) => `${indent}-${behind(item, below, true)}`).join("");
  return Object.entries(value)
    .map(([name, member]) => `${indent}${key(name)}:${behind(member, below, false)}`)
    .join("");
}

/** @throws EngineError `unsupported` on a key that readers differ in. */
export function toYamlText(value: unknown): string {
  const tree = plain(value);
  if (typeof tree !== "object" || tree === null || Object.keys(tree).length === 0)
    return behind(tree, "", true).slice(1);
  return collection(tree, "");
}
