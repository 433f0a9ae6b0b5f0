/** The unknowns and the refutation of one verification, and its outcome. */
import { openQuestions } from "../knowledge/ask.ts";
import { codeRow, type EngineError } from "../errors.ts";
import type { Question } from "../knowledge/question.ts";
import { type Failure, proven, refuted, toFailure, unknown, type Verification } from "../verdict.ts";

export class Trail {
  readonly #ignorance: Failure[] = [];
  readonly #open: Question[] = [];
  #refutation: Failure | undefined;

  /** Nothing is unknown so far. */
  get isCertain(): boolean {
    return this.#ignorance.length === 0;
  }

  /**
   * Records the error of a check. Returns whether to go on: a refutation is final, but after an unknown a later check
   * may still refute with certainty.
   */
  record(error: EngineError, check: string, stage: number): boolean {
    const [question] = openQuestions(error);
    const failure = toFailure(error, question === undefined ? check : `question.${question.kind}`, stage);
    if (codeRow(error.code).truth === "refuted") {
      this.#refutation = failure;
      return false;
    }
    // Several checks may lack one answer: it is told once, as far as the last of them came.
    const before = this.#ignorance.findIndex(({ code, reason }) => code === failure.code && reason === failure.reason);
    if (before !== -1 && question !== undefined) this.#ignorance[before] = failure;
    else {
      this.#ignorance.push(failure);
      this.#open.push(...openQuestions(error));
    }
    return true;
  }

  /** `evidence` is given if no check stopped the run. */
  conclude<E>(evidence: E | undefined): Verification<E> {
    if (this.#refutation !== undefined) return refuted(this.#refutation);
    return this.isCertain && evidence !== undefined ? proven(evidence) : unknown(this.#ignorance, this.#open);
  }
}
