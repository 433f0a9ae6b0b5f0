/**
 * How old trust metadata may be, judged by signed expiries, never by the time of a file's arrival. Source:
 * docs/spec/offline.md#time-and-freshness.
 */
import { EngineError } from "../errors.ts";
import type { Metadata } from "../tuf/metadata.ts";

/**
 * How expired metadata is treated. `enforce`: it is refused. `budget`: it stays usable within the budget. `pin`: expiry
 * does not matter, because an operator vouches for one trusted root by its digest.
 */
export const trustModes = ["enforce", "budget", "pin"] as const;
export const defaultTrustMode: TrustMode = "budget";
export type TrustMode = (typeof trustModes)[number];

/** What people are told of these settings, wherever they are given. */
export const trustWords = {
  mode: "how expired TUF metadata is treated: enforce, budget, pin",
  maxAge: "in mode budget: how long past expiry TUF metadata is accepted, such as 30d",
  warnAge: "in mode budget: how long past expiry decisions begin to warn of TUF metadata",
  digest: "in mode pin: the digest of the trusted root",
  maxMirrorAge: "how old the mirror may be, by its last archive or complete sync, such as 30d",
  warnMirrorAge: "how old the mirror is when decisions begin to warn of it",
  maxCheckpointAge: "how old the newest checkpoint may be of a log whose entries count, such as 30d",
  warnCheckpointAge: "how old the newest checkpoint of such a log is when decisions begin to warn of it",
} as const;

/** Milliseconds past a signed expiry: decisions carry a warning from `warn` on, and are `stale` past `deny`. */
export interface TrustBudget {
  readonly warn: number;
  readonly deny: number;
}

const day = 86_400_000;
export const defaultTrustBudget: TrustBudget = { warn: 7 * day, deny: 90 * day };

/**
 * Judges the metadata that expires first.
 * @throws EngineError `stale`. @returns the warning, if any.
 */
export function judgeExpiry(
  name: string,
  { role, version, expires }: Metadata<unknown>,
  now: Date,
  mode: TrustMode,
  budget: TrustBudget,
): string | undefined {
  const past = now.getTime() - expires.getTime();
  if (past < 0) return undefined;
  const what = `${role} version ${version} expired at ${expires.toISOString()}`;
  if (mode === "enforce") throw new EngineError("stale", what, { subject: name });
  const days = (span: number): string => `${Math.floor(span / day)} d`;
  // So that what is no number of milliseconds allows nothing.
  if (!(past <= budget.deny))
    throw new EngineError("stale", `${what}, ${days(past)} ago; maxTrustAge allows ${days(budget.deny)}`, {
      subject: name,
    });
  return past < budget.warn
    ? undefined
    : `freshness has ended: ${what}, ${days(past)} ago; maxTrustAge allows ${days(budget.deny)}`;
}
