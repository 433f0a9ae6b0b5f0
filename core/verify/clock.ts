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

const signedTimes = ({ times, certificateTransparency, logEntries }: Evidence, expected: Sources): readonly Date[] => {
  const isRooted = {
    rekor: expected.log.keys === undefined,
    "timestamp-authority": expected.timestampAuthority === undefined,
  };
  return [
    ...times.filter(({ source }) => isRooted[source]),
    ...(expected.certificateTransparency.keys === undefined ? certificateTransparency : []),
    ...(isRooted.rekor
      ? logEntries.flatMap(({ checkpointAt }) => (checkpointAt === undefined ? [] : [{ at: checkpointAt }]))
      : []),
  ].map(({ at }) => new Date(at));
};

/** The newest time that logs or authorities of the trusted root signed for what proves the image. */
export function newestSignedTime(
  { candidates }: Pick<ImageOutcome, "candidates">,
  expected: Sources,
): Date | undefined {
  const times = candidates.flatMap(({ verification }) =>
    verification.truth === "proven" ? signedTimes(verification.evidence, expected) : [],
  );
  return times.reduce<Date | undefined>(later, undefined);
}

/** A warning if `now` is before `newest`. */
export const clockWarning = (now: Date, newest: Date | undefined): string | undefined =>
  newest === undefined || newest.getTime() <= now.getTime()
    ? undefined
    : `[clock-behind] the clock says ${now.toISOString()}, but a signed time was seen that is later: ` +
      `${newest.toISOString()}; correct the clock`;
