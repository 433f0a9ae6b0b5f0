/**
 * A clock beside signed times: one that is behind them is reported, and makes nothing fresher. Source:
 * docs/spec/offline.md#rollback-floors.
 */
import type { Evidence } from "./evidence.ts";
import type { ImageOutcome } from "./verify-image.ts";

/** The later of two times, of which any may be missing. */
export const later = (left: Date | undefined, right: Date | undefined): Date | undefined =>
  left === undefined || (right !== undefined && right > left) ? right : left;

const signedTimes = ({ times, certificateTransparency }: Evidence): readonly Date[] =>
  [...times, ...certificateTransparency].map(({ at }) => new Date(at));

/** The newest time that logs or authorities signed for what proves the image. */
export function newestSignedTime({ candidates }: Pick<ImageOutcome, "candidates">): Date | undefined {
  const times = candidates.flatMap(({ verification }) =>
    verification.truth === "proven" ? signedTimes(verification.evidence) : [],
  );
  return times.reduce<Date | undefined>(later, undefined);
}

/** What a person should know where `now` is before `newest`. */
export const clockWarning = (now: Date, newest: Date | undefined): string | undefined =>
  newest === undefined || newest <= now
    ? undefined
    : `[clock-behind] ${now.toISOString()} is taken for now, and is behind the newest signed time that was seen, ` +
      `${newest.toISOString()}: set the clock`;
