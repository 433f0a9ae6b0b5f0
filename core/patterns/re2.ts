/**
 * Regular expressions of Go's regexp package: RE2 syntax, linear time, unanchored. Source:
 * https://golang.org/s/re2syntax.
 */
import { type Matcher, RE2JS, RE2JSException } from "re2js";
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { isKind } from "./character-kind.ts";
import { type GroupName, measurePattern } from "./pattern-size.ts";

/** Told what a search may cost before it is made: program size times the length of the text that it may read. */
export type ChargeSearch = (cost: number) => void;
const free: ChargeSearch = () => undefined;

/**
 * What may be a template's reference to a group: by number, or by a name that Go reads as far as letters, digits and
 * underscores go.
 */
const reference = /\$(?:(\$)|((?:\w|[^\0-\x7f])+)|\{((?:\w|[^\0-\x7f])+)\})/gu;

/** As much of a name as Go reads. */
function wordAt(text: string): string {
  let length = 0;
  for (const character of text) {
    if (!isKind("word", character)) break;
    length += character.length;
  }
  return text.slice(0, length);
}

type Piece = string | readonly number[];

/** A compiled expression. */
export class Re2 {
  readonly source: string;
  readonly #program: RE2JS;
  /** Instructions of the compiled program. */
  readonly size: number;
  readonly #limits: Limits;
  readonly #names: readonly { readonly name: string; readonly group: number }[];

  constructor(
    source: string,
    program: RE2JS,
    names: readonly { readonly name: string; readonly group: number }[],
    limits: Limits,
  ) {
    this.#limits = limits;
    this.source = source;
    this.#program = program;
    this.size = program.programSize();
    this.#names = names;
  }

  /**
   * True where the expression matches some part of `text`.
   * @throws EngineError `over-budget` where expression and text together are too large.
   */
  test(text: string, charge: ChargeSearch = free): boolean {
    this.#spend(text);
    charge(this.size * text.length);
    return this.#program.test(text);
  }

  /**
   * `text` with every match replaced by `template`, in which `$1`, `${1}`, `$name` and `${name}` stand for groups and
   * `$$` for a dollar.
   * @throws EngineError `over-budget` as `test`, or where the result grows too large.
   */
  replaceAll(text: string, template: string, charge: ChargeSearch = free): string {
    const pieces = this.#parseTemplate(template);
    return this.#replace(text, charge, (matcher) => {
      charge(pieces.length);
      return pieces.map((piece) => (typeof piece === "string" ? piece : this.#firstMatched(matcher, piece))).join("");
    });
  }

  /** As {@link replaceAll}, with `replacement` used literally. */
  replaceAllLiteral(text: string, replacement: string, charge: ChargeSearch = free): string {
    return this.#replace(text, charge, () => replacement);
  }

  #spend(text: string): void {
    if (this.size * text.length > this.#limits.patternCost)
      throw new EngineError("over-budget", "regular expression and text are too large together", {
        subject: this.source,
      });
  }

  #firstMatched(matcher: Matcher, groups: readonly number[]): string {
    for (const group of groups) {
      const value = group <= matcher.groupCount() ? matcher.group(group) : null;
      if (value !== null) return value;
    }
    return "";
  }

  #parseTemplate(template: string): readonly Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (const match of template.matchAll(reference)) {
      const [whole, , bare, braced] = match;
      const name = bare === undefined ? braced : wordAt(bare);
      // Not the name of a group, so the text stays as it is.
      if (name === "" || (braced !== undefined && wordAt(braced) !== braced)) continue;
      pieces.push(template.slice(from, match.index));
      from = match.index + (bare === undefined ? whole.length : 1 + (name ?? "").length);
      if (name === undefined) pieces.push("$");
      else if (/^(?:0|[1-9][0-9]{0,8})$/.test(name)) pieces.push([Number(name)]);
      else pieces.push(this.#names.filter((group) => group.name === name).map((group) => group.group));
    }
    pieces.push(template.slice(from));
    return pieces;
  }

  /**
   * Go's rule: an empty match right after another match is skipped. Each search may read the rest of the text for a
   * match of one character, so each is charged for all of it.
   */
  #replace(text: string, charge: ChargeSearch, replacement: (matcher: Matcher) => string): string {
    this.#spend(text);
    const matcher = this.#program.matcher(text);
    const parts: string[] = [];
    let length = 0;
    let copied = 0;
    const find = (at: number): boolean => {
      charge(this.size * (text.length - at));
      return matcher.find(at);
    };
    for (let at = 0; at <= text.length && find(at); ) {
      const start = matcher.start();
      const end = matcher.end();
      parts.push(text.slice(copied, start));
      if (end > copied || start === 0) {
        const added = replacement(matcher);
        length += added.length;
        if (length > this.#limits.resourceBytes)
          throw new EngineError("over-budget", "replacing by a regular expression makes too long a text", {
            subject: this.source,
          });
        parts.push(added);
      }
      copied = end;
      const width = (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      at = Math.max(at + width, end);
    }
    parts.push(text.slice(copied));
    return parts.join("");
  }
}

/** The pattern with every group's name made its own: Go allows a name twice, re2js does not. */
function withDistinctNames(pattern: string, names: readonly GroupName[]): string {
  let result = "";
  let from = 0;
  names.forEach(({ name, at }, index) => {
    result += `${pattern.slice(from, at)}g${index}_${name}`;
    from = at + name.length;
  });
  return result + pattern.slice(from);
}

/**
 * Compiles a pattern; do it once, where policies load.
 * @throws EngineError `malformed` where Go's regexp.Compile refuses it, `over-limit` where it is too long or too large
 * once its repetitions are written out.
 */
export function compileRe2(pattern: string, limits: Limits): Re2 {
  if (pattern.length > limits.patternBytes)
    throw new EngineError(
      "over-limit",
      `pattern of ${pattern.length} characters is longer than ${limits.patternBytes}`,
    );
  const { instructions, names } = measurePattern(pattern);
  if (instructions > limits.patternInstructions)
    throw new EngineError("over-limit", "regular expression is too large once its repetitions are written out", {
      subject: pattern,
    });
  const repeated = new Set(names.map((group) => group.name)).size < names.length;
  try {
    const program = RE2JS.compile(repeated ? withDistinctNames(pattern, names) : pattern);
    const groups = program.namedGroups();
    const group = (name: string, index: number): number =>
      Object.hasOwn(groups, repeated ? `g${index}_${name}` : name)
        ? (groups[repeated ? `g${index}_${name}` : name] ?? 0)
        : 0;
    return new Re2(
      pattern,
      program,
      names.map(({ name }, index) => ({ name, group: group(name, index) })).filter((named) => named.group > 0),
      limits,
    );
  } catch (cause) {
    if (cause instanceof RE2JSException) throw new EngineError("malformed", cause.message, { subject: pattern, cause });
    throw cause;
  }
}
