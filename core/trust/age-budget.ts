/**
 * How old knowledge may be: a budget with two thresholds, and what an age is judged to be. Time is an argument. Source:
 * docs/spec/offline.md#age-budgets.
 */
import { spanText } from "../encoding/units.ts";

/** Milliseconds: decisions carry a warning from `warn` on, and are `stale` past `deny`. Absent: never. */
export interface AgeBudget {
  readonly warn?: number;
  readonly deny?: number;
}

export type AgeState = "fresh" | "old" | "stale";

/**
 * An age that nobody knows, or that is no number, spends a budget which denies. It does not warn: whoever sets only a
 * warning wants to hear of an age.
 */
export function judgeAge(age: number | undefined, { warn, deny }: AgeBudget): AgeState {
  if (deny !== undefined && !((age ?? Number.NaN) <= deny)) return "stale";
  return warn !== undefined && age !== undefined && age >= warn ? "old" : "fresh";
}

/** The budget with the stricter of two thresholds for denying. */
export const stricterBudget = ({ warn, deny }: AgeBudget, other: number | undefined): AgeBudget => ({
  ...(warn === undefined ? {} : { warn }),
  ...(deny === undefined && other === undefined
    ? {}
    : { deny: Math.min(deny ?? Number.POSITIVE_INFINITY, other ?? Number.POSITIVE_INFINITY) }),
});

const largest: readonly (readonly [size: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
];

/** `31 d`, `5 h`, `0 s`: the largest unit that fits, rounded down. */
export function ageText(age: number): string {
  const [size, name] = largest.find(([unit]) => age >= unit) ?? [1000, "s"];
  return `${Math.floor(age / size)} ${name}`;
}

/** What a budget allows, as it would be written: `72h`. */
export const budgetText = (ms: number): string => spanText(ms);
