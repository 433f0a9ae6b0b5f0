/**
 * How old a mirror is, judged by a budget: from the signed creation time of the last imported archive, or from the last
 * complete sync, never from the times of files. Source: docs/spec/offline.md#age-budgets.
 */
import { EngineError } from "../errors.ts";
import type { ValidityPeriod } from "../encoding/instant.ts";
import type { Mirrored } from "../knowledge/knowledge.ts";
import { type AgeBudget, ageText, budgetText, judgeAge } from "./age-budget.ts";

const day = 86_400_000;

/** Warns after 30 days, denies never. */
export const defaultMirrorBudget: AgeBudget = { warn: 30 * day };

/** Two clocks of one site differ by less. */
const skew = 5 * 60_000;

export interface JudgedAge {
  /** Milliseconds; absent: nobody knows. */
  readonly age?: number;
  readonly error?: EngineError;
  readonly warning?: string;
}

/** A time that is yet to come says nothing: the clock was changed since. */
export function ageOf(at: Date | undefined, now: Date): number | undefined {
  const age = at === undefined ? undefined : now.getTime() - at.getTime();
  return age === undefined || !(age >= -skew) ? undefined : Math.max(0, age);
}

/** While it is judged to be fresh, as {@link judgeMirrorAge} has it. */
export function freshPeriod({ at }: Mirrored, { warn, deny }: AgeBudget): ValidityPeriod {
  if (at === undefined) return {};
  const most = Math.min(warn === undefined ? Number.POSITIVE_INFINITY : warn - 1, deny ?? Number.POSITIVE_INFINITY);
  const start = new Date(at.getTime() - skew);
  return Number.isFinite(most) ? { start, end: new Date(at.getTime() + most) } : { start };
}

const sources = { archive: "when its last archive was made", sync: "when its last complete sync began" } as const;

function words({ at, by }: Mirrored, age: number | undefined): string {
  if (at === undefined) return "nobody knows how old the mirror is: no archive was imported, and no sync was complete";
  const since = `the mirror is as of ${at.toISOString()}${by === undefined ? "" : `, ${sources[by]}`}`;
  return age === undefined
    ? `${since}, which is yet to come: the clock was changed, or an earlier time is asked about`
    : `${since}, ${ageText(age)} ago`;
}

const warnsFrom = ({ warn = 0 }: AgeBudget): string => `maxMirrorAge warns from ${budgetText(warn)} on`;

/** `setting` is who sets the threshold for denying: it is named in messages. */
export function judgeMirrorAge(
  mirrored: Mirrored,
  {
    now,
    budget,
    setting = "maxMirrorAge",
  }: { readonly now: Date; readonly budget: AgeBudget; readonly setting?: string },
): JudgedAge {
  const age = ageOf(mirrored.at, now);
  const known = age === undefined ? {} : { age };
  const state = judgeAge(age, budget);
  if (state === "fresh") return known;
  if (state === "old")
    return { ...known, warning: `freshness has ended: ${words(mirrored, age)}; ${warnsFrom(budget)}` };
  const allowed = `${setting} allows ${budgetText(budget.deny ?? 0)}`;
  return {
    ...known,
    error: new EngineError("stale", `${words(mirrored, age)}; ${allowed}`, {
      subject: "mirror",
      remedy: "old-mirror",
    }),
  };
}
