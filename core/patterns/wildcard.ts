/**
 * Wildcards: `*` is any run of characters, none included, `?` exactly one. Source: Kyverno's ext/wildcard; `/` is no
 * exception.
 */
import { EngineError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { findText } from "./find-text.ts";

/** The bounds of a wildcard pattern. */
export type PatternLimits = Pick<Limits, "patternBytes" | "patternSteps">;

const starPoint = 42;
const questionPoint = 63;

/** True where `text` is a pattern and not only a name. */
export const containsWildcard = (text: string): boolean => text.includes("*") || text.includes("?");

/** A pattern with stars only: its fixed parts in order, the first and the last at the ends. */
function matchStars(pattern: string, text: string): boolean {
  const star = pattern.indexOf("*");
  if (star === -1) return pattern === text;
  // Most patterns have one star, and need no list of parts.
  if (star === pattern.lastIndexOf("*"))
    return (
      pattern.length - 1 <= text.length &&
      text.startsWith(pattern.slice(0, star)) &&
      text.endsWith(pattern.slice(star + 1))
    );
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  const last = parts[parts.length - 1] ?? "";
  if (first.length + last.length > text.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (let index = 1; index < parts.length - 1; index++) {
    const part = parts[index] ?? "";
    if (part === "") continue;
    const found = findText(text, part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

const points = (text: string): Uint32Array => Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);

/** Any pattern, by code point: after a mismatch the last star takes one character more. */
function matchPoints(pattern: Uint32Array, text: Uint32Array, most: number): boolean {
  let at = 0;
  let next = 0;
  let afterStar = -1;
  let retry = 0;
  for (let steps = 0; at < text.length; steps++) {
    if (steps > most) throw new EngineError("over-budget", "wildcard pattern takes too many steps");
    const wanted = pattern[next];
    if (wanted === starPoint) {
      afterStar = ++next;
      retry = at;
    } else if (wanted === questionPoint || wanted === text[at]) {
      next++;
      at++;
    } else {
      if (afterStar < 0) return false;
      next = afterStar;
      at = ++retry;
    }
  }
  while (pattern[next] === starPoint) next++;
  return next === pattern.length;
}

/** About how many characters a match compares at the worst: what it may be charged before it is made. */
export const wildcardCost = (pattern: string, text: string): number =>
  pattern.includes("?") ? pattern.length * text.length : pattern.length + text.length;

/**
 * True where `pattern` covers all of `text`. Characters are code points, case matters, nothing can be escaped; the
 * empty pattern matches the empty text only.
 * @throws EngineError `over-limit` on a pattern beyond `patternBytes`, `over-budget` where the search takes too long.
 */
export function matchWildcard(pattern: string, text: string, limits: PatternLimits): boolean {
  if (pattern.length > limits.patternBytes && containsWildcard(pattern)) {
    throw new EngineError(
      "over-limit",
      `wildcard pattern of ${pattern.length} characters is longer than ${limits.patternBytes}`,
    );
  }
  return pattern.includes("?")
    ? matchPoints(points(pattern), points(text), limits.patternSteps)
    : matchStars(pattern, text);
}
