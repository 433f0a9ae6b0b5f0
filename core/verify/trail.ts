/** What a verification could not know on its way, what refuted it, and what it comes to. */
import { openQuestions } from "../knowledge/ask.ts";
import { codeRow, type EngineError } from "../errors.ts";
import type { Question } from "../knowledge/question.ts";
import { type Failure, proven, refuted, toFailure, unknown, type Verification } from "../verdict.ts";

export class Trail {
  readonly #ignorance: Failure[] = [];
  readonly #open: Question[] = [];
  #refutation: Failure | undefined;

  /** Nothing was left unknown so far. */
  get isCertain(): boolean {
    return this.#ignorance.length === 0;
  }

  /**
   * Takes down what a check threw. Whether others may still be looked at: a refutation is final, but behind ignorance a
   * later refutation is certain all the same.
   */
  record(error: EngineError, check: string, stage: number): boolean {
    const [question] = openQuestions(error);
    const failure = toFailure(error, question === undefined ? check : `question.${question.kind}`, stage);
    if (codeRow(error.code).truth === "refuted") {
      this.#refutation = failure;
      return false;
    }
    this.#ignorance.push(failure);
    this.#open.push(...openQuestions(error));
    return true;
  }

  /** `evidence` is there when no check stopped the others. */
  conclude<E>(evidence: E | undefined): Verification<E> {
    if (this.#refutation !== undefined) return refuted(this.#refutation);
    return this.isCertain && evidence !== undefined ? proven(evidence) : unknown(this.#ignorance, this.#open);
  }
}
