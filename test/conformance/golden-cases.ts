/**
 * Reading the golden cases of the real Kyverno command line, and counting agreement. Source:
 * docs/spec/kyverno.md#versions-and-sources.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../core/errors.ts";

/** One case that did not agree. */
export interface Disagreement {
  readonly id: string;
  readonly expected: string;
  readonly actual: string;
}

export interface GoldenReport {
  readonly passed: number;
  readonly failed: number;
  readonly list: readonly Disagreement[];
  /**
   * Cases where this program differs on purpose, with the row of the specification that says so. They count as passed
   * when they differ in that way.
   */
  readonly deliberate: readonly (Disagreement & { readonly row: string })[];
}

/** The lines of a file of cases. */
export const readLines = (folder: string, file: string): readonly string[] =>
  readFileSync(join(folder, "kyverno", file), "utf8")
    .split("\n")
    .filter((line) => line !== "");

/**
 * What a case gave: a value, `error`, or `panic TEXT` for an exception that is not an EngineError, which no case may
 * give.
 */
export function outcome(run: () => unknown): string {
  try {
    return String(run());
  } catch (error) {
    return error instanceof EngineError ? "error" : `panic ${String(error)}`;
  }
}

/** Counts as it goes. */
export class Tally {
  #passed = 0;
  readonly #list: Disagreement[] = [];
  readonly #deliberate: (Disagreement & { readonly row: string })[] = [];

  /** Compares one case; `row` names the row by which a disagreement of this case is meant. */
  add(id: string, expected: string, actual: string, row?: string): void {
    if (actual === expected) this.#passed++;
    else if (row !== undefined && !actual.startsWith("panic")) {
      this.#passed++;
      this.#deliberate.push({ id, expected, actual, row });
    } else this.#list.push({ id, expected, actual });
  }

  report(): GoldenReport {
    return { passed: this.#passed, failed: this.#list.length, list: this.#list, deliberate: this.#deliberate };
  }
}
