/**
 * Knowledge that answers each question once per decision and remembers what was read: the start of an evidence record.
 */
import type { AnswerTo } from "./answer.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Question, questionText } from "./question.ts";

interface Reading {
  readonly question: Question;
  readonly answer: AnswerTo<Question> | undefined;
}

export class RecordingKnowledge implements Knowledge {
  readonly #source: Knowledge;
  readonly #readings = new Map<string, Reading>();

  constructor(source: Knowledge) {
    this.#source = source;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const text = questionText(question);
    const held = this.#readings.get(text);
    if (held !== undefined) return held.answer as AnswerTo<Q> | undefined;
    const answer = this.#source.answer(question);
    this.#readings.set(text, { question, answer: answer as AnswerTo<Question> | undefined });
    return answer;
  }

  /** Canonical texts of all questions that were read, sorted. */
  read(): readonly string[] {
    return [...this.#readings.keys()].sort();
  }

  /** Questions without an answer, or whose source was unavailable. */
  open(): readonly Question[] {
    return [...this.#readings.values()]
      .filter(({ answer }) => answer === undefined || answer.state === "unavailable")
      .map(({ question }) => question);
  }
}
