/**
 * Ranges `a-b` in the value of a membership operator: durations or quantities, both ends inside. Source:
 * docs/spec/kyverno.md#membership.
 */
import { matchWildcard } from "../../../patterns/wildcard.ts";
import { parseDuration } from "../../quantity/duration.ts";
import { compareQuantity, parseQuantity } from "../../quantity/quantity.ts";
import type { Limits } from "../../../limits.ts";

const end = "[-|+]?\\d+(?:\\.\\d+)?[A-Za-z]*";
const inside = new RegExp(`^(${end})-(${end})$`);
const outside = new RegExp(`^(${end})!-(${end})$`);

/** Whether a text is read as a range. */
export const isRange = (text: string): boolean => inside.test(text);

/** -1, 0, 1 in each of the two readings in which both sides make sense. */
function orders(text: string, bound: string): readonly number[] {
  const durations = [parseDuration(text), parseDuration(bound)] as const;
  const quantities = [parseQuantity(text), parseQuantity(bound)] as const;
  const found: number[] = [];
  if (durations[0] !== undefined && durations[1] !== undefined)
    found.push(durations[0] < durations[1] ? -1 : durations[0] > durations[1] ? 1 : 0);
  if (quantities[0] !== undefined && quantities[1] !== undefined)
    found.push(compareQuantity(quantities[0], quantities[1]));
  return found;
}

const some = (text: string, bound: string, holds: (order: number) => boolean): boolean =>
  orders(text, bound).some(holds);

/** One alternative of a pattern: a range, the outside of one, `!` with a wildcard, or a plain value. */
function fits(text: string, pattern: string, limits: Limits): boolean {
  const negated = pattern.length >= 2 && pattern.startsWith("!");
  if (negated) return !matchWildcard(pattern.slice(1).trim(), text, limits);
  const within = inside.exec(pattern);
  if (within !== null)
    return some(text, within[1] ?? "", (order) => order >= 0) && some(text, within[2] ?? "", (order) => order <= 0);
  const beyond = outside.exec(pattern);
  if (beyond !== null)
    return some(text, beyond[1] ?? "", (order) => order < 0) || some(text, beyond[2] ?? "", (order) => order > 0);
  return some(text, pattern, (order) => order === 0) || matchWildcard(pattern, text, limits);
}

/** Kyverno lets an end begin with `|`, which then separates alternatives. */
const fitsAny = (text: string, pattern: string, limits: Limits): boolean =>
  text === pattern || pattern.split("|").some((alternative) => fits(text, alternative.trim(), limits));

export const isInsideRange = (text: string, range: string, limits: Limits): boolean => fitsAny(text, range, limits);

/**
 * Kyverno writes the outside of `a-b` as `a!-b`; a range that begins with a sign thereby becomes the negation of its
 * own text.
 */
export const isOutsideRange = (text: string, range: string, limits: Limits): boolean =>
  fitsAny(text, range.replace("-", "!-"), limits);
