/**
 * Asking, and the one way in which an error carries its open questions: as its cause. Source:
 * docs/architecture.md#decide-then-ask.
 */
import { EngineError, type ErrorCode } from "../errors.ts";
import type { AnswerTo, AnswerValues, Known, Unavailable } from "./answer.ts";
import type { Knowledge } from "./knowledge.ts";
import type { Question } from "./question.ts";
import { questionSubject, unansweredWords, unaskedRestWords, unaskedWords } from "./question-words.ts";

/** The cause of an error about a question without an answer. It is not an error itself. */
class Unanswered {
  readonly question: Question;

  constructor(question: Question) {
    this.question = question;
  }
}

/**
 * The definite answer to `question`. `code` replaces the outage codes for questions with a code of their own
 * (`no-trust`, `no-key`).
 * @throws EngineError `not-in-mirror` when nobody asked, the outage's own code when nobody could know; see
 * {@link openQuestions}. It speaks to people; the question's canonical text stands with the open questions.
 */
export function ask<Q extends Question>(
  knowledge: Knowledge,
  question: Q,
  code?: ErrorCode,
): Known<AnswerValues[Q["kind"]]> {
  const answer: AnswerTo<Q> | undefined = knowledge.answer(question);
  if (answer !== undefined && answer.state !== "unavailable") return answer;
  throw new EngineError(
    code ?? answer?.code ?? "not-in-mirror",
    answer === undefined ? unaskedWords(question) : unansweredWords(question, answer),
    { subject: answer?.asked ?? questionSubject(question), cause: new Unanswered(question) },
  );
}

/**
 * That a list may have more entries than are known, as an error of {@link ask}. `partial` is what an answer says of
 * itself.
 */
export const openRest = (question: Question, partial: true | Unavailable): EngineError =>
  new EngineError(
    partial === true ? "not-in-mirror" : partial.code,
    partial === true ? unaskedRestWords(question) : unansweredWords(question, partial),
    { subject: questionSubject(question), cause: new Unanswered(question) },
  );

/** That nobody could say whether an earlier answer still holds, as an error of {@link ask}. */
export const openAgain = (question: Question, outage: Unavailable): EngineError =>
  new EngineError(outage.code, unansweredWords(question, outage), {
    subject: outage.asked ?? questionSubject(question),
    cause: new Unanswered(question),
  });

/** The questions whose answers would decide what `error` left open. Wrapped errors are searched too. */
export function openQuestions(error: EngineError): readonly Question[] {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause.cause instanceof Unanswered) return [cause.cause.question];
  return [];
}
