/** How a sync ends: what of it failed, and the exit code that says so. Source: docs/spec/command-line.md#sync. */
import type { ErrorCode } from "../../core/errors.ts";
import type { CoveredImage, SyncReport } from "./sync-events.ts";

export interface ExitSettings {
  /** `failurePolicy: Ignore`: an upstream that cannot be asked is no failure. */
  readonly ignores: boolean;
  readonly requiresCovered: boolean;
  /** A tag that names something else than it did is a failure. */
  readonly failsOnDrift?: boolean;
  readonly exitOf: (code: ErrorCode) => number;
}

/** The codes of what makes a sync one that failed, or failed in part. */
export function failuresOf({ images, outages }: SyncReport, ignores: boolean): readonly ErrorCode[] {
  const counts = (problem: { readonly isIgnorable: boolean }): boolean => !(ignores && problem.isIgnorable);
  return [
    ...outages.filter(counts).map(({ code }) => code),
    ...images.flatMap(({ problems, status }): readonly ErrorCode[] =>
      status === "absent" ? ["image-not-found"] : problems.filter(counts).map(({ code }) => code),
    ),
  ];
}

/**
 * 7 where a part was done; where nothing was, the exit code of the first failure; then what moved, and what the
 * coverage asks for.
 */
export function exitOfSync(
  report: SyncReport,
  { ignores, requiresCovered, failsOnDrift, exitOf }: ExitSettings,
): number {
  const { images, isStopped } = report;
  const failures = failuresOf(report, ignores);
  const isBrought = ({ status }: CoveredImage): boolean => status !== "failed" && status !== "absent";
  const [first] = failures;
  if (first !== undefined) return images.some(isBrought) ? partly : exitOf(first);
  if (isStopped) return partly;
  if (failsOnDrift === true && images.some(({ drifted }) => drifted !== undefined)) return 1;
  const gaps = requiresCovered ? images.filter(({ coverage }) => !coverage.isCovered) : [];
  if (gaps.length === 0) return 0;
  return gaps.some(({ coverage }) => coverage.verdict === "fail") ? 1 : exitOf("not-in-mirror");
}

const partly = 7;
