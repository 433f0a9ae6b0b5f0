/** How far a verification came, and what it could not know on the way. */
import { openQuestions } from "../knowledge/ask.ts";
import { codeRow, type EngineError } from "../errors.ts";
import type { Question } from "../knowledge/question.ts";
import { type Failure, proven, refuted, toFailure, unknown, type Verification } from "../verdict.ts";
import { type Attempt, attempt } from "./attempt.ts";
import { type Check, stageOf } from "./check.ts";

const refutes = (error: EngineError): boolean => codeRow(error.code).truth === "refuted";

export class Trail {
  #check: Check = "distrust.content";
  readonly #ignorance: Failure[] = [];
  readonly #open: Question[] = [];

  /** Names the check under way: what throws from here on failed it. */
  at(check: Check): void {
    this.#check = check;
  }

  /** Nothing was left unknown so far. */
  get isCertain(): boolean {
    return this.#ignorance.length === 0;
  }

  /**
   * Runs a check whose ignorance need not stop the others: a later refutation is certain all the same.
   * A refutation flies on; ignorance is kept, and makes the whole unknown if nothing refutes it.
   */
  tolerate<T>(run: () => T): T | undefined {
    const outcome = attempt(run);
    if (outcome.ok) return outcome.value;
    if (refutes(outcome.error)) throw outcome.error;
    this.#keep(outcome.error);
    return undefined;
  }

  /** The verification that ended with `outcome`. */
  conclude<E>(outcome: Attempt<E>): Verification<E> {
    if (!outcome.ok && refutes(outcome.error)) return refuted(this.#failure(outcome.error));
    if (!outcome.ok) this.#keep(outcome.error);
    else if (this.isCertain) return proven(outcome.value);
    return unknown(this.#ignorance, this.#open);
  }

  #keep(error: EngineError): void {
    this.#ignorance.push(this.#failure(error));
    this.#open.push(...openQuestions(error));
  }

  #failure(error: EngineError): Failure {
    const [question] = openQuestions(error);
    const check = question === undefined ? this.#check : `question.${question.kind}`;
    return toFailure(error, check, stageOf(this.#check));
  }
}
