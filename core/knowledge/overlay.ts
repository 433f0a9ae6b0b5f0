/**
 * Answers of one run laid over what is known: the loop decides from both. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Answer, AnswerTo } from "./answer.ts";
import type { Knowledge, SourceState } from "./knowledge.ts";
import { type Question, questionText } from "./question.ts";

/** It tells no version: it lasts for one run, and each round of asking changes it. */
export class Overlay implements Knowledge {
  readonly #base: Knowledge;
  readonly #isOld: (question: Question, answer: Answer) => boolean;
  readonly #fresh = new Map<string, Answer>();

  /** What `isOld` says of the base's answer to a question makes it one that nobody has answered yet. */
  constructor(base: Knowledge, isOld: (question: Question, answer: Answer) => boolean = () => false) {
    this.#base = base;
    this.#isOld = isOld;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const fresh = this.#fresh.get(questionText(question)) as AnswerTo<Q> | undefined;
    if (fresh !== undefined && fresh.state !== "unavailable") return fresh;
    const held = this.#base.answer(question);
    // An outage does not take away what was known; how old that may be is for the freshness budget to say.
    if (fresh !== undefined) return held === undefined || held.state === "unavailable" ? fresh : held;
    return held !== undefined && this.#isOld(question, held) ? undefined : held;
  }

  /** That of the base, without a version. */
  state(): SourceState {
    return { ...this.#base.state?.(), version: undefined };
  }

  /** Whether the question was answered in this run. */
  has(question: Question): boolean {
    return this.#fresh.has(questionText(question));
  }

  /** Lays an answer over; an outage covers nothing but ignorance. */
  set(question: Question, answer: Answer): void {
    this.#fresh.set(questionText(question), answer);
  }
}
