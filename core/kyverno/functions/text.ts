/** Functions on text. Source: docs/spec/kyverno.md#functions; Go's strings and path/filepath packages. */
import { define, type JmesFunction } from "../../jmespath/functions/signature.ts";
import { compareText, type Evaluation, GoInteger, type Value } from "../../jmespath/value.ts";
import { splitText } from "../../patterns/find-text.ts";
import { failIn, number, text } from "./arguments.ts";
import { equalFold, isPlainText, toLower, toUpper } from "./letter-case.ts";

/**
 * Go's strings.Replace: the first `limit` occurrences, all for a negative one; an empty `old` is before every character
 * and at the end.
 */
function replace(value: string, old: string, replacement: string, given: number, run: Evaluation): string {
  const limit = Math.trunc(given);
  const parts = old === "" ? ["", ...value, ""] : splitText(value, old);
  const count = limit < 0 ? parts.length - 1 : Math.min(limit, parts.length - 1);
  run.spendCharacters(value.length);
  if (old === "") {
    // `parts` has an empty text at either end, where an occurrence is too.
    const characters = [...value];
    const places = Math.min(limit < 0 ? characters.length + 1 : limit, characters.length + 1);
    run.spendText(places * replacement.length);
    return (
      characters.map((character, index) => (index < places ? replacement + character : character)).join("") +
      (places > characters.length ? replacement : "")
    );
  }
  run.spendText(count * replacement.length);
  return (
    parts.slice(0, count + 1).join(replacement) +
    parts
      .slice(count + 1)
      .map((part) => old + part)
      .join("")
  );
}

/** Without the characters of `cutset` at either end. */
function trim(value: string, cutset: string, run: Evaluation): string {
  run.spendCharacters(value.length + cutset.length);
  const cut = new Set(cutset);
  const characters = [...value];
  let from = 0;
  let to = characters.length;
  while (from < to && cut.has(characters[from] ?? "")) from++;
  while (to > from && cut.has(characters[to - 1] ?? "")) to--;
  return characters.slice(from, to).join("");
}

/**
 * The first `length` characters; the fraction is cut off. A negative length is 0, and so is what 64 bits do not hold.
 */
function truncate(value: string, length: number, run: Evaluation): string {
  run.spendCharacters(value.length);
  if (length >= 2 ** 63) return "";
  return value.length <= length ? value : [...value].slice(0, Math.max(0, Math.trunc(length))).join("");
}

/** Steps for each character beyond ASCII whose other case is looked up. */
const foldingSteps = 10;

/** What changing or comparing case costs. */
function chargeCase(texts: readonly string[], run: Evaluation): void {
  for (const each of texts) if (!isPlainText(each)) run.spend(foldingSteps * each.length);
}

/** Go's filepath.Join of one element: empty stays empty, else the shortest path that means the same. */
function canonicalPath(path: string): string {
  if (path === "") return "";
  const rooted = path.startsWith("/");
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    if (segment !== "..") kept.push(segment);
    else if (kept.length > 0 && kept[kept.length - 1] !== "..") kept.pop();
    else if (!rooted) kept.push(segment);
  }
  return (rooted ? "/" : "") + kept.join("/") || ".";
}

function toBoolean(value: string): boolean {
  const lower = toLower(value);
  if (lower === "true" || lower === "false") return lower === "true";
  return failIn("to_boolean", `lowercase argument must be 'true' or 'false' (provided: '${value}')`);
}

const strings = (count: number, call: (args: readonly string[], run: Evaluation) => Value): JmesFunction =>
  define(
    Array.from({ length: count }, () => "string" as const),
    (args, run) => call(args.map(text), run),
  );

export const textFunctions: readonly (readonly [string, JmesFunction])[] = [
  ["compare", strings(2, ([left = "", right = ""]) => new GoInteger(compareText(left, right)))],
  [
    "equal_fold",
    strings(2, ([left = "", right = ""], run) => {
      chargeCase([left, right], run);
      return equalFold(left, right);
    }),
  ],
  [
    "path_canonicalize",
    strings(1, ([path = ""], run) => {
      run.spendCharacters(path.length);
      return canonicalPath(path);
    }),
  ],
  [
    "replace",
    define(["string", "string", "string", "number"], ([value, old, replacement, limit], run) =>
      replace(text(value), text(old), text(replacement), number(limit), run),
    ),
  ],
  [
    "replace_all",
    strings(3, ([value = "", old = "", replacement = ""], run) => replace(value, old, replacement, -1, run)),
  ],
  [
    "split",
    strings(2, ([value = "", separator = ""], run) => {
      const parts = separator === "" ? [...value] : splitText(value, separator);
      run.spend(parts.length);
      return parts;
    }),
  ],
  [
    "to_boolean",
    strings(1, ([value = ""], run) => {
      chargeCase([value], run);
      return toBoolean(value);
    }),
  ],
  [
    "to_lower",
    strings(1, ([value = ""], run) => {
      chargeCase([value], run);
      return toLower(value);
    }),
  ],
  [
    "to_upper",
    strings(1, ([value = ""], run) => {
      chargeCase([value], run);
      return toUpper(value);
    }),
  ],
  ["trim", strings(2, ([value = "", cutset = ""], run) => trim(value, cutset, run))],
  [
    "trim_prefix",
    strings(2, ([value = "", prefix = ""]) => (value.startsWith(prefix) ? value.slice(prefix.length) : value)),
  ],
  ["truncate", define(["string", "number"], ([value, length], run) => truncate(text(value), number(length), run))],
];
