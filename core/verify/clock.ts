/**
 * The clock, compared with the times that logs and authorities signed. If it is behind them, that is reported, and
 * nothing counts as fresher for it.
 * Source: docs/spec/offline.md#rollback-floors.
 */
import type { Evidence } from "./evidence.ts";
import type { Expectation } from "./expectation.ts";
import type { ImageOutcome } from "./verify-image.ts";

/** The later of two times, either of which may be missing. */
export const later = (left: Date | undefined, right: Date | undefined): Date | undefined =>
  left === undefined || (right !== undefined && right.getTime() > left.getTime()) ? right : left;

/** Whose times count. A log or authority that only a policy names may say any time. */
type Sources = Pick<Expectation, "log" | "timestampAuthority" | "certificateTransparency">;

/** The newest, in milliseconds; -Infinity where there is none. */
function newestOf({ times, certificateTransparency, logEntries }: Evidence, expected: Sources): number {
  const isRooted = {
    rekor: expected.log.keys === undefined,
    "timestamp-authority": expected.timestampAuthority === undefined,
  };
  let newest = Number.NEGATIVE_INFINITY;
  const see = (at: string): void => {
    newest = Math.max(newest, Date.parse(at));
  };
  for (const { at, source } of times) if (isRooted[source]) see(at);
  if (expected.certificateTransparency.keys === undefined) for (const { at } of certificateTransparency) see(at);
  if (isRooted.rekor) for (const { checkpointAt } of logEntries) if (checkpointAt !== undefined) see(checkpointAt);
  return newest;
}

/** The newest time that logs or authorities of the trusted root signed for what proves the image. */
export function newestSignedTime(
  { candidates }: Pick<ImageOutcome, "candidates">,
  expected: Sources,
): Date | undefined {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { verification } of candidates)
    if (verification.truth === "proven") newest = Math.max(newest, newestOf(verification.evidence, expected));
  return newest === Number.NEGATIVE_INFINITY ? undefined : new Date(newest);
}

/** A warning if `now` is before `newest`. */
export const clockWarning = (now: Date, newest: Date | undefined): string | undefined =>
  newest === undefined || newest.getTime() <= now.getTime()
    ? undefined
    : `[clock-behind] the clock says ${now.toISOString()}, but a signed time was seen that is later: ` +
      `${newest.toISOString()}; correct the clock`;
