/**
 * What an operator added to the mirror, beside what registries say now. An absence does not take away what was brought
 * in by hand: it counts on, with a warning. Source: docs/spec/offline.md#mirror.
 */
import type { Answer, AnswerTo, AnswerValues, DefiniteAnswer } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { questionWords } from "../../core/knowledge/question-words.ts";
import { isAddedFrom } from "./added-source.ts";
import type { MirrorKnowledge } from "../mirror/mirror-knowledge.ts";
import type { SaidAgain } from "../mirror/mirror-writer.ts";

type Present = Extract<Answer, { readonly state: "present" }>;

/**
 * Answers of `asker`, with those of the mirror that were added. `warn` hears of each difference that it `drifted`.
 * `isSaidAgain`: a quicker look, after which nothing can differ.
 */
export function keepingAdded(
  asker: Asker,
  mirror: Pick<MirrorKnowledge, "recorded" | "lacks">,
  warn: (text: string) => void,
  isSaidAgain: SaidAgain = () => false,
): Asker {
  return {
    /** Only where nothing can have been added. */
    known: (question) => {
      const answer = asker.known?.(question);
      if (answer?.state !== "absent") return undefined;
      return isSaidAgain(question, answer) || mirror.lacks(question) ? answer : undefined;
    },
    async ask<Q extends Question>(question: Q) {
      const answer: Answer | undefined = await asker.ask(question);
      if (answer === undefined || answer.state === "unavailable") return answer as AnswerTo<Q> | undefined;
      // Content has one value, and most questions of a sync are about what never was there.
      const isContent = question.kind === "manifest" || question.kind === "blob";
      if (isSaidAgain(question, answer)) return answer as AnswerTo<Q>;
      if (answer.state === "present" ? isContent : mirror.lacks(question)) return answer as AnswerTo<Q>;
      const held: Answer | undefined = mirror.recorded(question);
      if (held?.state !== "present" || !isAddedFrom(held.from)) return answer as AnswerTo<Q>;
      const { kept, drift } = beside(question, held, answer);
      if (drift !== undefined) warn(`drifted: ${questionWords(question)}: ${drift}`);
      return kept as AnswerTo<Q>;
    },
  };
}

type List = AnswerValues["referrers"];

interface Beside {
  readonly kept: DefiniteAnswer;
  /** What differs, for people. */
  readonly drift?: string | undefined;
}

/** What counts of an answer that was added and one that came later. */
export function beside(question: Question, held: Present, answer: DefiniteAnswer): Beside {
  if (question.kind === "referrers") return listBeside(held, answer);
  if (answer.state === "absent")
    return { kept: held, drift: `${answer.from} says that it does not exist; what was added from ${held.from} counts` };
  const [added, now] = [digestIn(held), digestIn(answer)];
  return {
    kept: answer,
    drift:
      question.kind === "tag" && added !== now
        ? `${added} was added from ${held.from}; ${answer.from} has ${now}, which counts`
        : undefined,
  };
}

const digestIn = ({ value }: Present): string => (value as AnswerValues["tag"]).digest;

function listBeside(held: Present, answer: DefiniteAnswer): Beside {
  const [added, listed] = [held, answer].map((one) => (one.state === "present" ? (one.value as List) : [])) as [
    List,
    List,
  ];
  const known = new Set(listed.map(({ digest }) => digest));
  const missing = added.filter(({ digest }) => !known.has(digest));
  if (missing.length === 0) return { kept: answer };
  const from = `${held.from}, ${answer.from}`;
  const partial = answer.state === "present" && answer.partial !== undefined ? { partial: answer.partial } : {};
  return {
    kept: { state: "present", value: [...listed, ...missing], at: answer.at, from, ...partial },
    drift: `${answer.from} does not list ${missing.length} of those that were added from ${held.from}; they count`,
  };
}
