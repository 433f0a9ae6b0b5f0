/**
 * What a benchmark is: figures are ratios of things measured in one run, because absolute times say more about the
 * machine.
 */

export interface BenchRow {
  readonly what: string;
  readonly ratio: number;
  /** The bound that the figure must keep; absent: it is only shown. */
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface BenchSetting {
  readonly vectors: string | undefined;
  /** The real Kyverno command line, if installed. */
  readonly kyverno: string | undefined;
  /** A short run, for the tests. */
  readonly quick: boolean;
}

export type BenchResult = readonly BenchRow[] | { readonly skipped: string };

export interface Bench {
  readonly name: string;
  readonly says: string;
  run(setting: BenchSetting): Promise<BenchResult> | BenchResult;
}

export const keepsBound = ({ ratio, atLeast, atMost }: BenchRow): boolean =>
  Number.isFinite(ratio) && (atLeast === undefined || ratio >= atLeast) && (atMost === undefined || ratio <= atMost);

export const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Microseconds of one run, the median of several rounds. */
export function timeOf(run: () => void, rounds: number, runsPerRound: number): number {
  for (let warm = 0; warm < runsPerRound; warm++) run();
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    for (let count = 0; count < runsPerRound; count++) run();
    return ((performance.now() - start) * 1000) / runsPerRound;
  });
  return median(times);
}
