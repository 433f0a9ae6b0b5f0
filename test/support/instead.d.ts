/** Knowledge that answers some questions otherwise than its source. */
import type { Answer } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question, QuestionKind } from "../../core/knowledge/question.ts";
/**
 * `answer` to every question of a kind, or of those that a test is true of; without `answer` nobody was asked. It tells
 * no version, so that an engine computes everything again.
 */
export declare function instead(
  knowledge: Knowledge,
  meant: QuestionKind | ((question: Question) => boolean),
  answer?: Answer,
): Knowledge;
/** {@link instead}, with a present answer. */
export declare const insteadPresent: (
  knowledge: Knowledge,
  meant: QuestionKind,
  value: unknown,
  origin: {
    readonly at: string;
    readonly from: string;
  },
) => Knowledge;
