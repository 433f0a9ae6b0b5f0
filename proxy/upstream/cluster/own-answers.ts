/**
 * What is known, without what another cluster said: a mirror may have been filled from several, and a question does not
 * name its cluster. Source: docs/spec/command-line.md#asking.
 */
import type { AnswerTo } from "../../../core/knowledge/answer.ts";
import { hold, type Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";

/** A server as the source of an answer. */
export const apiServerName = (server: string): string => `the API server ${server}`;

const isOfCluster = ({ kind }: Question): boolean => kind === "cluster" || kind === "key";

/** @throws from its `answer`: EngineError `invalid-config` where it is not known which cluster is asked. */
export function ownAnswers(known: Knowledge, cluster: { readonly server: () => string }): Knowledge {
  const any = apiServerName("");
  return {
    answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
      const answer = known.answer(question);
      const isForeign =
        answer?.from.startsWith(any) === true &&
        isOfCluster(question) &&
        answer.from !== apiServerName(cluster.server());
      return isForeign ? undefined : answer;
    },
    claims: (question) => known.claims?.(question) ?? [],
    facts: (scope) => known.facts?.(scope) ?? [],
    hold: () => hold(known),
    state: () => known.state?.() ?? {},
  };
}
