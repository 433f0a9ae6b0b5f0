/**
 * Knowledge that answers each question once per decision and remembers what was read: the start of an evidence record.
 */
import { EngineError } from "../errors.ts";
import type { AnswerTo } from "./answer.ts";
import type { Knowledge } from "./knowledge.ts";
import { type Question, questionText } from "./question.ts";

interface Reading {
  readonly question: Question;
  readonly answer: AnswerTo<Question> | undefined;
  /** Why a damaged source could not say. */
  readonly damage?: EngineError;
}

export class RecordingKnowledge implements Knowledge {
  readonly #source: Knowledge;
  readonly #readings = new Map<string, Reading>();

  constructor(source: Knowledge) {
    this.#source = source;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    return said(this.#reading(question, questionText(question))) as AnswerTo<Q> | undefined;
  }

  #reading(question: Question, text: string): Reading {
    const held = this.#readings.get(text);
    if (held !== undefined) return held;
    // One record within another: what it rests on is recorded in both, and its text is made once.
    const reading =
      this.#source instanceof RecordingKnowledge ? this.#source.#reading(question, text) : this.#look(question);
    this.#readings.set(text, reading);
    return reading;
  }

  #look(question: Question): Reading {
    try {
      return { question, answer: this.#source.answer(question) };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      return { question, answer: undefined, damage: error };
    }
  }

  /** Canonical texts of all questions that were read, sorted. */
  read(): readonly string[] {
    return [...this.#readings.keys()].sort();
  }

  /** Questions without an answer, or whose source was unavailable. */
  open(): readonly Question[] {
    return [...this.#readings.values()]
      .filter(({ answer, damage }) => damage === undefined && (answer === undefined || answer.state === "unavailable"))
      .map(({ question }) => question);
  }
}

function said({ answer, damage }: Reading): Reading["answer"] {
  if (damage !== undefined) throw damage;
  return answer;
}
