/**
 * Third-party vectors and golden results: read from outside the repository, never copied into it. Unset variables skip
 * the cases, and the skip is counted.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Cases that a file did not run for want of data; the runner takes them from the ledger when the file is done. */
export interface SkippedCases {
  readonly suite: string;
  readonly count: number;
  readonly why: string;
}

const ledgerKey = Symbol.for("sallyport.test.skipped");
const ledger = (): SkippedCases[] => {
  const holder = globalThis as { [ledgerKey]?: SkippedCases[] };
  holder[ledgerKey] ??= [];
  return holder[ledgerKey];
};

const directory = (variable: string): string | undefined => process.env[variable] || undefined;

/** The folder of third-party vectors: `SALLYPORT_VECTORS`. */
export const vectorsDir = (): string | undefined => directory("SALLYPORT_VECTORS");

/** The folder of golden results: `SALLYPORT_GOLDEN`. */
export const goldenDir = (): string | undefined => directory("SALLYPORT_GOLDEN");

/** Says and counts that `count` cases (1 where the number is not known without the data) of a suite do not run. */
export function skipped(suite: string, count: number, why: string): void {
  ledger().push({ suite, count, why });
  process.stdout.write(`skipped ${count} in ${suite}: ${why}\n`);
}

/**
 * A file below `vectorsDir()`, or `undefined` when the variable is unset. A file that is missing from a given folder
 * throws.
 */
export const readVector = (path: string): Uint8Array | undefined => readBelow(vectorsDir(), path);

/**
 * A file below `goldenDir()`, or `undefined` when the variable is unset. A file that is missing from a given folder
 * throws.
 */
export const readGolden = (path: string): Uint8Array | undefined => readBelow(goldenDir(), path);

function readBelow(folder: string | undefined, path: string): Uint8Array | undefined {
  return folder === undefined ? undefined : new Uint8Array(readFileSync(join(folder, path)));
}
