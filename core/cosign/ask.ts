/** Looking answers up for the pipeline: what was never asked or could not be known becomes an error that names its question. */
import { sha256 } from "@noble/hashes/sha2.js";
import { encodeHex } from "../encoding/hex.ts";
import { EngineError, type ErrorCode } from "../errors.ts";
import { type Answer, type AnswerTo, type AnswerValues, type Digest, type Knowledge, type Question, questionText } from "../question.ts";

/** The cause of an error about a question without an answer. `asked`: somebody tried, and could not know. */
export class Unanswered {
  readonly question: Question;
  readonly asked: boolean;

  constructor(question: Question, asked: boolean) {
    this.question = question;
    this.asked = asked;
  }
}

/** The questions whose answers would decide what `error` left open, whether nobody asked yet or nobody could know. */
export const openQuestions = (error: EngineError): readonly Question[] => (error.cause instanceof Unanswered ? [error.cause.question] : []);

export type Known<T> = Exclude<Answer<T>, { state: "unavailable" }>;

/**
 * The answer to `question`: present, or absent because the source said so.
 * `code` stands in for the outage codes where a matter has a code of its own (`no-trust`, `no-key`).
 * @throws EngineError `not-in-mirror` when nobody asked, the outage's own code when nobody could know; its cause is an {@link Unanswered}.
 */
export function ask<Q extends Question>(knowledge: Knowledge, question: Q, code?: ErrorCode): Known<AnswerValues[Q["kind"]]> {
  const answer: AnswerTo<Q> | undefined = knowledge.answer(question);
  if (answer === undefined) throw unanswered(question, code ?? "not-in-mirror", "never asked", false);
  if (answer.state === "unavailable") throw unanswered(question, code ?? answer.code, `asked ${answer.from} at ${answer.at}: ${answer.code}`, true);
  return answer;
}

const unanswered = (question: Question, code: ErrorCode, why: string, asked: boolean): EngineError => new EngineError(code, why, { subject: questionText(question), cause: new Unanswered(question, asked) });

/** Where content is read, how large it may be, and what it means that the source does not have it. */
export interface ContentRequest {
  readonly kind: "manifest" | "blob";
  readonly repository: string;
  readonly digest: Digest;
  readonly maxBytes: number;
  readonly absent: "no-signature" | "no-attestation";
}

/**
 * Content by digest. What came under another digest's name is never used, whoever vouched for it.
 * @throws EngineError the code of `absent`, `over-limit`, `mirror-corrupt` when the bytes are not those of the digest, and as {@link ask}.
 */
export function askContent(knowledge: Knowledge, request: ContentRequest): Uint8Array {
  const question = { kind: request.kind, repository: request.repository, digest: request.digest } as const;
  const answer = ask(knowledge, question);
  const subject = questionText(question);
  if (answer.state === "absent") throw new EngineError(request.absent, `${answer.from} does not have the content that its own listing names`, { subject });
  if (answer.value.length > request.maxBytes) throw new EngineError("over-limit", `${answer.value.length} bytes, at most ${request.maxBytes} are read`, { subject });
  if (`sha256:${encodeHex(sha256(answer.value))}` !== request.digest) throw new EngineError("mirror-corrupt", "the bytes do not have this digest", { subject });
  return answer.value;
}
