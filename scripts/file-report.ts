/** What the test runner and its child processes tell each other. */

/** What became of one test file. `problems` are texts for people, one for each failing suite or file. */
export interface FileReport {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly problems: readonly string[];
  readonly output: string;
  readonly durationMs: number;
  readonly cpuSeconds: number;
  /** The process ends after this report. */
  readonly last?: boolean;
}

/** Tells a child process to report a file at its first test that fails. */
export const stopWord = "--stop-at-first";
