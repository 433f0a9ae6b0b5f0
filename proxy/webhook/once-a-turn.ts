/**
 * Knowledge whose state is read once for all requests that one turn of the event loop answers: a mirror reads a file
 * for it, which takes longer than most decisions. A change counts from the next turn on, as if those requests had come
 * a moment earlier.
 */
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import type { CompletenessClaim } from "../../core/knowledge/completeness-claim.ts";
import { hold, type Knowledge, type SourceState } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";

/** A turn can be long: one decision may check thousands of signatures. */
const longestMs = 10;

/** `now`: milliseconds of a clock that only goes forward. */
export const onceATurn = (source: Knowledge, now: () => number = () => performance.now()): Knowledge =>
  new OnceATurn(source, now);

class OnceATurn implements Knowledge {
  readonly #source: Knowledge;
  readonly #now: () => number;
  #state: SourceState | undefined;
  #readAt = 0;
  #held = 0;

  constructor(source: Knowledge, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return this.#source.answer(question);
  }

  state(): SourceState {
    if (this.#held > 0) return this.#source.state?.() ?? {};
    const now = this.#now();
    if (this.#state !== undefined && now - this.#readAt < longestMs) return this.#state;
    if (this.#state === undefined)
      setImmediate(() => {
        this.#state = undefined;
      });
    // What cannot be read now is asked for again by the next request.
    this.#state = undefined;
    const state = this.#source.state?.() ?? {};
    this.#state = state;
    this.#readAt = now;
    return state;
  }

  /** The state is that of the moment, which may be later than that of the turn. */
  hold(): () => void {
    const release = hold(this.#source);
    this.#held += 1;
    return () => {
      this.#held -= 1;
      release();
    };
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return this.#source.claims?.(question) ?? [];
  }

  *facts(scope: string): Iterable<Question> {
    yield* this.#source.facts?.(scope) ?? [];
  }
}
