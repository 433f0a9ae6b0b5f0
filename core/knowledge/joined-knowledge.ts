/**
 * Several sources as one: files of a command line, folders, the mirror. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Answer, AnswerTo } from "./answer.ts";
import { type CompletenessClaim, contradicts } from "./completeness-claim.ts";
import { type DistrustRow, hold, type Knowledge, type Mirrored, type SourceState } from "./knowledge.ts";
import type { Question } from "./question.ts";

/**
 * The sources' combined knowledge: lists of referrers are merged; otherwise the first present answer counts, and
 * presence beats absence. A source's claim of completeness ends where another source holds more, unless that one makes
 * a claim of its own about what it holds. It has a version if every source has one.
 */
export const joinedKnowledge = (sources: readonly Knowledge[]): Knowledge => new JoinedKnowledge(sources);

/** A source and what it answered. */
interface Held {
  readonly source: Knowledge;
  readonly answer: Answer;
}

const none: readonly DistrustRow[] = [];
const noState: SourceState = {};

class JoinedKnowledge implements Knowledge {
  readonly #sources: readonly Knowledge[];
  /** Whether a source's claim was contradicted, by source and scope; of one version. */
  readonly #ended = new Map<string, boolean>();
  #version: string | undefined;
  #joinedOf: readonly SourceState[] = [];
  #state: SourceState | undefined;

  constructor(sources: readonly Knowledge[]) {
    this.#sources = sources;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const answers = this.#sources.flatMap((source) => {
      const answer = source.answer(question);
      return answer === undefined ? [] : [{ source, answer }];
    });
    const present = answers.flatMap(({ answer }) => (answer.state === "present" ? [answer] : []));
    const [first] = present;
    if (first !== undefined && question.kind === "referrers") return this.#joined(question, answers) as AnswerTo<Q>;
    if (first !== undefined) return first;
    const standing = answers.flatMap(({ source, answer }) =>
      answer.state === "absent" && answer.claim !== undefined && this.#hasEnded(source, answer.claim) ? [] : [answer],
    );
    return standing.find((answer) => answer.state === "absent") ?? standing[0];
  }

  /** All lists as one. It is whole if a whole one has everything, and whoever said that it is has not been refuted. */
  #joined(question: Question, answers: readonly Held[]): Answer {
    const lists = answers.flatMap(({ source, answer }) => (answer.state === "present" ? [{ source, answer }] : []));
    const all: Answer[] = lists.map(({ answer }) => answer);
    const isWhole = ({ source, answer }: (typeof lists)[number]): boolean =>
      answer.partial === undefined &&
      !(source.claims?.(question) ?? []).some(({ scope }) => this.#hasEnded(source, scope)) &&
      !all.some((other) => contradicts(other, answer));
    const { partial: _, ...first } = (lists[0] as (typeof lists)[number]).answer;
    const value = lists.flatMap(({ answer }) => answer.value as readonly unknown[]);
    const partial = lists.map(({ answer }) => answer.partial).find((why) => why !== undefined) ?? true;
    return lists.some(isWhole) ? { ...first, value } : { ...first, value, partial };
  }

  #hasEnded(source: Knowledge, scope: string): boolean {
    const key = `${this.#sources.indexOf(source)} ${scope}`;
    const known = this.#ended.get(key);
    if (known !== undefined) return known;
    const ended = this.#sources.some((other) => other !== source && holdsMore(other, source, scope));
    // Without a version nobody says when a source changes.
    if (this.#version !== undefined) this.#ended.set(key, ended);
    return ended;
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return this.#sources.flatMap((source) =>
      (source.claims?.(question) ?? []).filter(({ scope }) => !this.#hasEnded(source, scope)),
    );
  }

  *facts(scope: string): Iterable<Question> {
    for (const source of this.#sources) yield* source.facts?.(scope) ?? [];
  }

  hold(): () => void {
    const ends = this.#sources.map(hold);
    return () => {
      for (const end of ends) end();
    };
  }

  /** The union of the sources' distrust lists, their newest signed time, and the age of the oldest copy. */
  state(): SourceState {
    const states = this.#sources.map((source) => source.state?.() ?? noState);
    // A mirror gives the same object while its version is the same.
    if (this.#state === undefined || states.some((state, index) => state !== this.#joinedOf[index])) {
      this.#state = this.#join(states);
      this.#joinedOf = states;
    }
    return this.#state;
  }

  #join(states: readonly SourceState[]): SourceState {
    const versions = states.map(({ version }) => version);
    const lists = states.flatMap(({ distrust = none }) => (distrust.length > 0 ? [distrust] : []));
    const times = states.flatMap(({ newestSignedTime }) => newestSignedTime ?? []);
    const mirrored = states.flatMap((state) => state.mirrored ?? []);
    const [first = none] = lists;
    // As a JSON list, so that different lists of versions never have the same text.
    const version = versions.includes(undefined) ? undefined : JSON.stringify(versions);
    const known = states.map(({ version: one, knownVersion = one }) => knownVersion);
    if (version === undefined || version !== this.#version) this.#ended.clear();
    this.#version = version;
    return {
      version,
      knownVersion: version === undefined ? undefined : JSON.stringify(known),
      distrust: lists.length < 2 ? first : lists.flat(),
      newestSignedTime: times.sort((left, right) => right.getTime() - left.getTime())[0],
      mirrored: mirrored.reduce<Mirrored | undefined>(older, undefined),
      checkpoints: states.flatMap(({ checkpoints = [] }) => checkpoints),
    };
  }
}

/** The older of two copies: one whose age nobody knows counts as the oldest. */
function older(left: Mirrored | undefined, right: Mirrored): Mirrored {
  if (left === undefined) return right;
  if (left.at === undefined || right.at === undefined) return left.at === undefined ? left : right;
  return left.at <= right.at ? left : right;
}

/** Whether `other` holds something of the scope that `source` says is not there, and makes no claim about it. */
function holdsMore(other: Knowledge, source: Knowledge, scope: string): boolean {
  for (const question of other.facts?.(scope) ?? [])
    if ((other.claims?.(question) ?? []).length === 0 && contradicts(other.answer(question), source.answer(question)))
      return true;
  return false;
}
