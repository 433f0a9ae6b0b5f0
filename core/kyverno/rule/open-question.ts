/**
 * Questions that a rule needs answered: an open one is thrown, under an unknown code, with its canonical text as the
 * subject. Source: design.md section 1.
 */
import { codeRow, EngineError } from "../../errors.ts";
import type { AnswerValues } from "../../knowledge/answer.ts";
import type { Knowledge } from "../../knowledge/knowledge.ts";
import { parseQuestion, type Question, questionText } from "../../knowledge/question.ts";

/** What the source said: the value, or `undefined` when it said that there is none. */
export type Known<Q extends Question> = { readonly value: AnswerValues[Q["kind"]] } | undefined;

/**
 * What is known about the question.
 * @throws EngineError `not-in-mirror` when it was never asked, else the code under which its source was unavailable.
 * Nothing may swallow either.
 */
export function ask<Q extends Question>(question: Q, knowledge: Knowledge | undefined): Known<Q> {
  const answer = knowledge?.answer(question);
  const subject = questionText(question);
  if (answer === undefined) throw new EngineError("not-in-mirror", `not known: ${subject}`, { subject });
  if (answer.state === "unavailable")
    throw new EngineError(answer.code, `could not be read from ${answer.from}: ${subject}`, { subject });
  return answer.state === "absent" ? undefined : { value: answer.value };
}

/** Whether an error is ignorance that no default and no alternative may hide. */
export const isIgnorance = (error: unknown): boolean =>
  error instanceof EngineError && error.code !== "unresolved" && codeRow(error.code).truth === "unknown";

const readSubject = (subject: string): readonly Question[] => {
  try {
    return [parseQuestion(subject)];
  } catch (error) {
    if (error instanceof EngineError && error.code === "malformed") return [];
    throw error;
  }
};

/**
 * The questions whose answers would settle an error: none unless its code is an unknown one and its subject is a
 * question.
 */
export function openQuestionsOf(error: EngineError): readonly Question[] {
  if (isIgnorance(error) && error.subject !== undefined) {
    const own = readSubject(error.subject);
    if (own.length > 0) return own;
  }
  return error.cause instanceof EngineError ? openQuestionsOf(error.cause) : [];
}
