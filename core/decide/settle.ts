/**
 * The loop: decide, ask what is open, decide again. The only asynchronous code of the engine. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Decision, DecideOptions, Engine } from "./engine.ts";
import { sizeOf } from "../encoding/size-of.ts";
import { EngineError } from "../errors.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import type { Answer } from "../knowledge/answer.ts";
import type { Asker, Knowledge } from "../knowledge/knowledge.ts";
import type { Descriptor } from "../oci/descriptor.ts";
import { Overlay, type UsedInOutage } from "../knowledge/overlay.ts";
import { type Question, questionText } from "../knowledge/question.ts";

export interface AskingOptions {
  /**
   * A changeable answer (a tag, referrers, an absence, a key, the cluster, trust) older than this many milliseconds is
   * asked for again. Default: never.
   */
  readonly refresh?: number;
  /** What it answers is never asked for again: files that the caller named. */
  readonly given?: Knowledge;
  /**
   * Receives every present and absent answer, to store it. Unavailable ones hold for this run only. If it returns true
   * the knowledge has the answer from then on, and content is not held here too: all of a run could fill memory.
   */
  readonly store?: (question: Question, answer: Answer) => unknown;
  /** Bytes of content and lists that are held at most. More is `over-budget`. Default: no bound. */
  readonly heldBytes?: number;
  /** Questions asked at the same time. Default 32. */
  readonly inFlight?: number;
  /** In place of these two: what this run shares with others. */
  readonly bounds?: AskingBounds;
  /**
   * Ends asking when it is aborted; an `AbortSignal` fits. Questions that were not asked by then are `over-budget`. No
   * failure policy overlooks that code, since the author of a resource can choose images that use up the time.
   */
  readonly stop?: { readonly aborted: boolean };
}

export interface SettleOptions extends DecideOptions, AskingOptions {}

/** What one attempt with the answers so far makes, and the questions that it leaves open. */
export interface Attempt {
  readonly open: readonly Question[];
}

const defaultInFlight = 32;

/** Content addressed by digest never changes; its absence may. */
const canChange = (question: Question, answer: Answer): boolean =>
  answer.state === "absent" || (question.kind !== "manifest" && question.kind !== "blob");

/** Whether every answer is asked for again: a refresh of less than nothing takes none as young enough. */
const isAlwaysOld = ({ kind }: Question, refresh: number | undefined): boolean =>
  refresh !== undefined && refresh < 0 && kind !== "manifest" && kind !== "blob";

/** Whether to ask again. Without a readable time, or with one that is yet to come, an answer counts as old. */
function isOld(question: Question, answer: Answer, now: Date, refresh: number | undefined): boolean {
  if (refresh === undefined || !canChange(question, answer)) return false;
  const age = now.getTime() - new Date(answer.at).getTime();
  return !(Math.abs(age) <= refresh);
}

/** Whether an answer is what was given. A given part of a list is not the whole one that another source had once. */
const isGiven = (answer: Answer, given: Answer | undefined): boolean =>
  given !== undefined && (isWhole(given) || !isWhole(answer));

const isWhole = (answer: Answer): boolean => answer.state !== "present" || answer.partial === undefined;

/** Of a list that a given source may have in part, what was asked for is the rest: what was given still counts. */
function besideGiven(given: Answer | undefined, asked: Answer): Answer {
  if (given?.state !== "present" || isWhole(given) || asked.state === "unavailable") return asked;
  const list = given.value as readonly Descriptor[];
  if (asked.state === "absent") return { state: "present", value: list, at: asked.at, from: given.from };
  const known = new Set(list.map(({ digest }) => digest));
  const more = (asked.value as readonly Descriptor[]).filter(({ digest }) => !known.has(digest));
  return { ...asked, value: [...list, ...more], from: `${given.from}, ${asked.from}` };
}

/** Each question once, for the largest size that is stated of its content. */
function widest(questions: readonly Question[]): readonly Question[] {
  const found = new Map<string, Question>();
  for (const question of questions) {
    const held = found.get(questionText(question));
    if (held === undefined || mostOf(question) > mostOf(held)) found.set(questionText(question), question);
  }
  return [...found.values()];
}

const mostOf = (question: Question): number =>
  "atMost" in question ? (question.atMost ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;

export interface BoundsOfAsking {
  /** Questions asked at the same time. */
  readonly inFlight: number;
  /** Bytes of content and lists that are held. */
  readonly heldBytes: number;
}

/** What several runs of asking share: how much is asked at the same time, and how much is held in memory. */
export class AskingBounds {
  readonly heldBytes: number;
  #held = 0;
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor({ inFlight, heldBytes }: BoundsOfAsking) {
    this.#free = inFlight;
    this.heldBytes = heldBytes;
  }

  /** Acts when it is its turn. */
  async inTurn(act: () => Promise<void>): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }

  /** Takes room for a value. False: it does not fit, and nothing was taken. */
  hold(value: unknown): boolean {
    const size = sizeOf(value);
    if (this.#held + size > this.heldBytes) return false;
    this.#held += size;
    return true;
  }
}

/**
 * One run of asking over what is known. Several loops may share it, also at the same time: each question is asked at
 * most once in a run.
 */
export class AskingRun {
  readonly #answers: Overlay;
  readonly #asker: Asker;
  readonly #now: Date;
  readonly #options: AskingOptions;
  /** By canonical text; a promise holds once the answer is among the others. */
  readonly #asked = new Map<string, Promise<void>>();
  /** How large the content could be for which each was asked. */
  readonly #answered = new Map<string, number>();
  readonly #bounds: AskingBounds;

  constructor(knowledge: Knowledge, asker: Asker, now: Date, options: AskingOptions = {}) {
    const { given, refresh, inFlight = defaultInFlight, heldBytes = Number.POSITIVE_INFINITY } = options;
    this.#answers = new Overlay(
      knowledge,
      refresh === undefined
        ? undefined
        : (question, answer) => isOld(question, answer, now, refresh) && !isGiven(answer, given?.answer(question)),
      (question) => isAlwaysOld(question, refresh) && given?.answer(question) === undefined,
    );
    this.#asker = asker;
    this.#now = now;
    this.#options = options;
    this.#bounds = options.bounds ?? new AskingBounds({ inFlight, heldBytes });
  }

  /** What is known, with the answers of this run. */
  get knowledge(): Knowledge {
    return this.#answers;
  }

  /** Earlier answers that were used, because nobody could give newer ones. */
  usedInOutages(): readonly UsedInOutage[] {
    return this.#answers.usedInOutages();
  }

  /**
   * Attempts until nothing is open that was not asked for: all open questions of a round are asked together.
   * @throws EngineError `over-budget` when questions are still to be asked after the last round.
   */
  async settle<Result extends Attempt>(
    attempt: (knowledge: Knowledge, now: Date) => Result,
    rounds: number,
  ): Promise<Result> {
    for (let round = 0; round < rounds; round++) {
      const result = attempt(this.#answers, this.#now);
      const open = widest(result.open.filter((question) => !this.#isAnswered(question)));
      if (open.length === 0) return result;
      const waiting = open.filter((question) => !this.#atOnce(question));
      if (waiting.length > 0) await Promise.all(waiting.map((question) => this.#once(question)));
    }
    throw new EngineError("over-budget", `questions are still open after ${rounds} rounds of asking`);
  }

  /** Who stated too small a size of a content must not hide it from who states the right one. */
  #isAnswered(question: Question): boolean {
    const most = this.#answered.get(questionText(question));
    if (most === undefined || most >= mostOf(question)) return most !== undefined;
    const answer = this.#answers.answer(question);
    return answer?.state !== "unavailable" || answer.code !== "over-limit";
  }

  /** Whether there was an answer that nobody had to be asked for. */
  #atOnce(question: Question): boolean {
    const text = questionText(question);
    if (this.#asked.has(text) || this.#options.stop?.aborted === true) return false;
    const answer: Answer | undefined = this.#asker.known?.(question);
    if (answer === undefined) return false;
    this.#asked.set(text, Promise.resolve());
    this.#answered.set(text, mostOf(question));
    this.#accept(question, answer);
    return true;
  }

  #once(question: Question): Promise<void> {
    const text = questionText(question);
    const isAgain = this.#answered.has(text) && !this.#isAnswered(question);
    // Other loops of this run wait for the same asking.
    if (isAgain) this.#answered.delete(text);
    const asked = (isAgain ? undefined : this.#asked.get(text)) ?? this.#bounds.inTurn(() => this.#ask(question, text));
    this.#asked.set(text, asked);
    return asked;
  }

  async #ask(question: Question, text: string): Promise<void> {
    const answer: Answer | undefined =
      this.#options.stop?.aborted === true
        ? {
            state: "unavailable",
            code: "over-budget",
            at: this.#now.toISOString(),
            from: "nobody",
            why: "the time of this run was spent before",
          }
        : await this.#asker.ask(question);
    this.#answered.set(text, mostOf(question));
    if (answer === undefined) {
      this.#answers.keep(question);
      return;
    }
    this.#accept(question, answer);
  }

  #accept(question: Question, answer: Answer): void {
    this.#answers.set(question, besideGiven(this.#options.given?.answer(question), answer));
    const isKept = answer.state !== "unavailable" && this.#options.store?.(question, answer) === true;
    if (isKept && answer.state === "present" && answer.value instanceof Uint8Array) this.#answers.forget(question);
    else this.#hold(question, answer);
  }

  /** What does not fit is not known: nobody can say that it was never there. */
  #hold(question: Question, answer: Answer): void {
    if (answer.state !== "present" || this.#bounds.hold(answer.value)) return;
    const why = `more than ${this.#bounds.heldBytes} bytes were fetched in this run, and no mirror keeps them`;
    const { at, from } = answer;
    this.#answers.set(question, { state: "unavailable", code: "over-budget", at, from, why });
  }
}

/**
 * Decides with an asker.
 * @throws EngineError as {@link AskingRun.settle}.
 */
export const settle = (
  engine: Engine,
  request: AdmissionRequest,
  knowledge: Knowledge,
  asker: Asker,
  now: Date,
  options: SettleOptions = {},
): Promise<Decision> =>
  new AskingRun(knowledge, asker, now, { heldBytes: engine.limits.heldBytes, ...options }).settle(
    (known, at) => engine.decide(request, known, at, options),
    engine.limits.settleRounds,
  );
