/**
 * Several sources as one: files of a command line, folders, the mirror. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Answer, AnswerTo } from "./answer.ts";
import type { DistrustRow, Knowledge, SourceState } from "./knowledge.ts";
import type { Question } from "./question.ts";

/**
 * The sources' combined knowledge: lists of referrers are merged; otherwise the first present answer counts, and
 * presence beats absence. It has a version if every source has one.
 */
export const joinedKnowledge = (sources: readonly Knowledge[]): Knowledge => new JoinedKnowledge(sources);

const none: readonly DistrustRow[] = [];

class JoinedKnowledge implements Knowledge {
  readonly #sources: readonly Knowledge[];

  constructor(sources: readonly Knowledge[]) {
    this.#sources = sources;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const answers = this.#sources.map((source) => source.answer(question)).filter((answer) => answer !== undefined);
    const present = answers.filter((answer) => answer.state === "present");
    const [first] = present;
    if (first !== undefined && question.kind === "referrers" && present.length > 1) {
      const joined: Answer = { ...first, value: present.flatMap((answer) => answer.value as readonly unknown[]) };
      return joined as AnswerTo<Q>;
    }
    return first ?? answers.find((answer) => answer.state === "absent") ?? answers[0];
  }

  /** The union of the sources' distrust lists, and their newest signed time. */
  state(): SourceState {
    const states = this.#sources.map((source) => source.state?.() ?? {});
    const versions = states.map(({ version }) => version);
    const lists = states.flatMap(({ distrust = none }) => (distrust.length > 0 ? [distrust] : []));
    const times = states.flatMap(({ newestSignedTime }) => newestSignedTime ?? []);
    const [first = none] = lists;
    return {
      // As a JSON list, so that different lists of versions never have the same text.
      version: versions.includes(undefined) ? undefined : JSON.stringify(versions),
      distrust: lists.length < 2 ? first : lists.flat(),
      newestSignedTime: times.sort((left, right) => right.getTime() - left.getTime())[0],
    };
  }
}
