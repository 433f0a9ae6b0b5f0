/**
 * Regular expressions as recipes for a text. Source: Go's regexp/syntax with no flags (POSIX egrep, `.` without line
 * ends).
 */
import { EngineError } from "../../errors.ts";
import type { Evaluation } from "../../jmespath/value.ts";
import { compileRe2 } from "../../patterns/re2.ts";
import type { Limits } from "../../limits.ts";

/** Inclusive ranges of code points. */
type Ranges = readonly (readonly [number, number])[];

export type Recipe =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly ranges: Ranges }
  | { readonly kind: "sequence" | "choice"; readonly parts: readonly Recipe[] }
  | { readonly kind: "repeat"; readonly part: Recipe; readonly min: number; readonly max: number };

/** The most repetitions that an open one makes. */
const maxRepeats = 4096;
const lastPoint = 0x10ffff;

const named: Readonly<Record<string, Ranges>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  ascii: [[0, 127]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 31],
    [127, 127],
  ],
  digit: [[48, 57]],
  graph: [[33, 126]],
  lower: [[97, 122]],
  print: [[32, 126]],
  punct: [
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

const bad = (what: string, part: string): never => {
  throw new EngineError("malformed", `error parsing regexp: ${what}: \`${part}\``);
};

/** Sorted and joined. */
function normalize(ranges: Ranges): Ranges {
  const joined: [number, number][] = [];
  for (const [from, to] of [...ranges].sort((left, right) => left[0] - right[0])) {
    const last = joined[joined.length - 1];
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

function negate(ranges: Ranges): Ranges {
  const rest: [number, number][] = [];
  let next = 0;
  for (const [from, to] of normalize(ranges)) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= lastPoint) rest.push([next, lastPoint]);
  return rest;
}

class PatternReader {
  readonly pattern: string;
  readonly #maxDepth: number;
  at = 0;

  constructor(pattern: string, maxDepth: number) {
    this.pattern = pattern;
    this.#maxDepth = maxDepth;
  }

  get here(): string {
    const point = this.pattern.codePointAt(this.at);
    return point === undefined ? "" : String.fromCodePoint(point);
  }

  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const match = expression.exec(this.pattern);
    if (match === null) return undefined;
    this.at = expression.lastIndex;
    return match;
  }

  choice(depth: number): Recipe {
    if (depth > this.#maxDepth) throw new EngineError("over-limit", "regular expression nests too deeply");
    const parts = [this.sequence(depth)];
    while (this.here === "|") {
      this.at++;
      parts.push(this.sequence(depth));
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "choice", parts };
  }

  sequence(depth: number): Recipe {
    const parts: Recipe[] = [];
    while (this.at < this.pattern.length && this.here !== "|" && this.here !== ")") {
      let part = this.atom(depth);
      for (let again = this.repetition(); again !== undefined; again = this.repetition())
        part = { kind: "repeat", part, ...again };
      parts.push(part);
    }
    return { kind: "sequence", parts };
  }

  repetition(): { readonly min: number; readonly max: number } | undefined {
    const sign = this.match(/[*+?]/y)?.[0];
    if (sign !== undefined) return { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : maxRepeats };
    const counts = this.match(/\{([0-9]+)(?:(,)([0-9]*))?\}/y);
    if (counts === undefined) return undefined;
    const min = Number(counts[1]);
    return {
      min,
      max: counts[2] === undefined ? min : counts[3] === "" ? Math.max(min, maxRepeats) : Number(counts[3]),
    };
  }

  atom(depth: number): Recipe {
    const character = this.here;
    if (character === "\\") return { kind: "text", text: String.fromCodePoint(this.escape()) };
    if (character === "[") return { kind: "class", ranges: this.characterClass() };
    this.at += character.length;
    if (character === "(") {
      const inner = this.choice(depth + 1);
      if (this.here !== ")") bad("missing closing )", this.pattern);
      this.at++;
      return inner;
    }
    // Kyverno picks any positive 32-bit number, which is a character once in two thousand times.
    if (character === ".") return { kind: "class", ranges: [[1, 0x7fffffff]] };
    // Where a line or a text begins or ends is true of any text made for it alone.
    if (character === "^" || character === "$") return { kind: "text", text: "" };
    return { kind: "text", text: character };
  }

  escape(): number {
    this.at++;
    const octal = this.match(/0[0-7]{0,2}|[1-7][0-7]{1,2}/y)?.[0];
    if (octal !== undefined) return Number.parseInt(octal, 8);
    const hex = this.match(/x(?:\{([0-9A-Fa-f]+)\}|([0-9A-Fa-f]{2}))/y);
    if (hex !== undefined) {
      const point = Number.parseInt(hex[1] ?? hex[2] ?? "", 16);
      return point > lastPoint ? bad("invalid escape sequence", `\\${hex[0]}`) : point;
    }
    const character = this.here;
    this.at += character.length;
    const control = Object.hasOwn(controls, character) ? controls[character] : undefined;
    if (control !== undefined) return control;
    if (character === "") return bad("trailing backslash at end of expression", "");
    return /^[!-/:-@[-`{-~]$/.test(character)
      ? (character.codePointAt(0) ?? 0)
      : bad("invalid escape sequence", `\\${character}`);
  }

  classPoint(): number {
    if (this.here === "") return bad("missing closing ]", this.pattern);
    if (this.here === "\\") return this.escape();
    const character = this.here;
    this.at += character.length;
    return character.codePointAt(0) ?? 0;
  }

  characterClass(): Ranges {
    this.at++;
    const negated = this.here === "^";
    if (negated) this.at++;
    const ranges: (readonly [number, number])[] = negated ? [[10, 10]] : [];
    for (let first = true; first || this.here !== "]"; first = false) {
      // Without Perl's syntax a hyphen is itself only at either end.
      if (this.here === "-" && !first && !/^-\]/.test(this.pattern.slice(this.at, this.at + 2)))
        bad("invalid character class range", "-");
      const name = this.match(/\[:(\^?)([a-z]+):\]/y);
      if (name !== undefined) {
        const known = Object.hasOwn(named, name[2] ?? "") ? named[name[2] ?? ""] : undefined;
        if (known === undefined) bad("invalid character class range", name[0]);
        else ranges.push(...(name[1] === "^" ? negate(known) : known));
        continue;
      }
      const from = this.classPoint();
      let to = from;
      if (this.here === "-" && this.pattern.charAt(this.at + 1) !== "]" && this.at + 1 < this.pattern.length) {
        this.at++;
        to = this.classPoint();
        if (to < from) bad("invalid character class range", this.pattern);
      }
      ranges.push([from, to]);
    }
    this.at++;
    return negated ? negate(ranges) : normalize(ranges);
  }
}

/** Go's own verdict on what both syntaxes share: unclosed groups, repetitions of nothing, counts above 1000. */
function checkShared(pattern: string, limits: Limits): void {
  // Stacked and lazy repetitions are plain ones in POSIX; Perl's groups begin with a repetition of nothing.
  compileRe2(pattern.replace(/\(\?/g, "(+").replace(/([*+?}])[*+?]+/g, "$1"), limits);
}

/**
 * The recipe of a pattern.
 * @throws EngineError `malformed` where Go refuses it, `over-limit`.
 */
export function parsePattern(pattern: string, limits: Limits): Recipe {
  if (pattern.length > limits.patternBytes)
    throw new EngineError(
      "over-limit",
      `pattern of ${pattern.length} characters is longer than ${limits.patternBytes}`,
    );
  checkShared(pattern, limits);
  const reader = new PatternReader(pattern, limits.patternDepth);
  const recipe = reader.choice(0);
  return reader.at < pattern.length ? bad("unexpected )", pattern) : recipe;
}

const pickFrom = (ranges: Ranges, next: () => number): number => {
  const total = ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
  let left = Math.floor(next() * total);
  for (const [from, to] of ranges) {
    if (left <= to - from) return from + left;
    left -= to - from + 1;
  }
  return 0xfffd;
};

/** A text by the recipe. `next` gives fractions from 0 up to 1. */
export function makeText(recipe: Recipe, next: () => number, run: Evaluation): string {
  run.spend(1);
  switch (recipe.kind) {
    case "text":
      return recipe.text;
    case "class": {
      if (recipe.ranges.length === 0) return "";
      run.spend(recipe.ranges.length);
      const point = pickFrom(recipe.ranges, next);
      return String.fromCodePoint((point >= 0xd800 && point <= 0xdfff) || point > lastPoint ? 0xfffd : point);
    }
    case "sequence":
      return recipe.parts.map((part) => makeText(part, next, run)).join("");
    case "choice":
      return makeText(recipe.parts[Math.floor(next() * recipe.parts.length)] ?? { kind: "text", text: "" }, next, run);
    case "repeat": {
      const count = recipe.min + Math.floor(next() * (recipe.max - recipe.min + 1));
      return Array.from({ length: count }, () => makeText(recipe.part, next, run)).join("");
    }
  }
}
