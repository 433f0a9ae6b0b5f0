/**
 * The two roles that answer: knowledge is looked up, an asker goes and asks. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { AnswerTo } from "./answer.ts";
import type { Question } from "./question.ts";

/** Synchronous look-up of what is known. `undefined`: never asked. A damaged source throws an `EngineError`. */
export interface Knowledge {
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined;
  /** A text that is another one whenever any answer may be; absent or undefined where the source cannot tell. */
  version?(): string | undefined;
}

/** The only asynchronous role; it lives outside the engine and answers `timed-out` past its own deadline. */
export interface Asker {
  ask<Q extends Question>(question: Q): Promise<AnswerTo<Q>>;
}

/** Knows nothing: every question is one that nobody asked. */
export const nothingKnown: Knowledge = { answer: () => undefined, version: () => "" };
