/**
 * Looking answers up for the pipeline: what was never asked or could not be known becomes an error that names its
 * question.
 */
import { EngineError, type ErrorCode } from "../errors.ts";
import type { Lookup } from "../oci/lookup.ts";
import type { Answer, AnswerTo, AnswerValues } from "../knowledge/answer.ts";
import type { Knowledge } from "../knowledge/knowledge.ts";
import { type Question, questionText } from "../knowledge/question.ts";
import type { Descriptor } from "../oci/descriptor.ts";

/** The cause of an error about a question without an answer. */
export class Unanswered {
  readonly question: Question;

  constructor(question: Question) {
    this.question = question;
  }
}

/** The questions whose answers would decide what `error` left open, whether nobody asked yet or nobody could know. */
export const openQuestions = (error: EngineError): readonly Question[] =>
  error.cause instanceof Unanswered ? [error.cause.question] : [];

const unanswered = (question: Question, code: ErrorCode, why: string): EngineError =>
  new EngineError(code, why, { subject: questionText(question), cause: new Unanswered(question) });

/**
 * The answer to `question`: present, or absent because the source said so.
 * `code` stands in for the outage codes where a matter has a code of its own (`no-trust`, `no-key`).
 * @throws EngineError `not-in-mirror` when nobody asked, the outage's own code when nobody could know; its cause is an
 * {@link Unanswered}.
 */
export function ask<Q extends Question>(
  knowledge: Knowledge,
  question: Q,
  code?: ErrorCode,
): Exclude<Answer<AnswerValues[Q["kind"]]>, { state: "unavailable" }> {
  const answer: AnswerTo<Q> | undefined = knowledge.answer(question);
  if (answer === undefined) throw unanswered(question, code ?? "not-in-mirror", "never asked");
  if (answer.state === "unavailable")
    throw unanswered(question, code ?? answer.code, `${answer.from} was asked at ${answer.at}: ${answer.code}`);
  return answer;
}

/**
 * What a look-up found, or `undefined` where the source said that there is nothing.
 * @throws EngineError as {@link ask}.
 */
export function found<T>(lookup: Lookup<T>): T | undefined {
  if (lookup.state === "open")
    throw unanswered(lookup.question, lookup.code, lookup.code === "not-in-mirror" ? "never asked" : "asked in vain");
  return lookup.state === "present" ? lookup.value : undefined;
}

/**
 * What a look-up of listed content found.
 * @throws EngineError `code` when the source does not have what its own listing names, and as {@link ask}.
 */
export function foundContent<T>(lookup: Lookup<T>, code: ErrorCode, subject: string): T {
  const value = found(lookup);
  if (value === undefined) throw new EngineError(code, "listed, and the source does not have it", { subject });
  return value;
}

/**
 * @throws EngineError `malformed` when the descriptor states another size than its content has. Its digest was compared
 * where it was read.
 */
export function requireSize(bytes: Uint8Array, { digest, size }: Descriptor): void {
  if (bytes.length !== size)
    throw new EngineError("malformed", `${bytes.length} bytes, where the manifest states ${size}`, { subject: digest });
}
