/**
 * One run's answers on top of the known ones: the loop decides from both. Source: docs/architecture.md#decide-then-ask.
 */
import { codeRow } from "../errors.ts";
import type { Answer, AnswerTo, Unavailable } from "./answer.ts";
import { type CompletenessClaim, contradicts } from "./completeness-claim.ts";
import { hold, type Knowledge, type SourceState } from "./knowledge.ts";
import { isArtifactQuestion, type Question, questionText } from "./question.ts";

/** An earlier answer that was used, because nobody could give a newer one. */
export interface UsedInOutage {
  readonly question: Question;
  /** When the earlier answer was given, RFC 3339. */
  readonly at: string;
  readonly outage: Unavailable;
}

/** It has no version: it lasts for one run, and each round of asking changes it. */
export class Overlay implements Knowledge {
  readonly #base: Knowledge;
  readonly #isOld: (question: Question, answer: Answer) => boolean;
  readonly #isAlwaysOld: (question: Question) => boolean;
  readonly #fresh = new Map<string, Answer>();
  readonly #used = new Map<string, UsedInOutage>();
  /** Questions that nobody may be asked: the earlier answer is all that there is. */
  readonly #kept = new Set<string>();
  /** Scopes whose claims were contradicted in this run: no absence rests on them any more. */
  readonly #ended = new Set<string>();

  readonly #asksAgain: boolean;
  #keptArtifact = false;

  /**
   * If `isOld` holds for the base's answer, the question counts as unanswered. If `isAlwaysOld` holds, whatever the
   * base's answer is, the base is not asked for it.
   */
  constructor(
    base: Knowledge,
    isOld?: (question: Question, answer: Answer) => boolean,
    isAlwaysOld: (question: Question) => boolean = () => false,
  ) {
    this.#base = base;
    this.#isOld = isOld ?? (() => false);
    this.#asksAgain = isOld !== undefined;
    this.#isAlwaysOld = isAlwaysOld;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const text = questionText(question);
    const fresh = this.#fresh.get(text) as AnswerTo<Q> | undefined;
    if (fresh !== undefined && fresh.state !== "unavailable") return fresh;
    if (fresh === undefined && !this.#kept.has(text) && this.#isAlwaysOld(question)) return undefined;
    const held = this.#held(question);
    if (fresh !== undefined) return this.#despite(question, fresh, held);
    return held !== undefined && !this.#kept.has(text) && this.#isOld(question, held) ? undefined : held;
  }

  /** The earlier answers that were used in outages so far. */
  usedInOutages(): readonly UsedInOutage[] {
    return [...this.#used.values()];
  }

  /** What stays known when the question was asked in vain. */
  #despite<A extends Answer>(question: Question, outage: A & Unavailable, held: A | undefined): A {
    const known = heldDespite(question, outage, held);
    if (known.state === "unavailable") return known;
    this.#used.set(questionText(question), { question, at: known.at, outage });
    return question.kind === "tag" ? { ...known, outage } : known;
  }

  #held<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const held = this.#base.answer(question);
    return held?.state === "absent" && held.claim !== undefined && this.#ended.has(held.claim) ? undefined : held;
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return (this.#base.claims?.(question) ?? []).filter(({ scope }) => !this.#ended.has(scope));
  }

  hold(): () => void {
    return hold(this.#base);
  }

  /**
   * The base's state, without a version. Where old answers are asked for again, what is known is as of now, and the age
   * of the base counts only once an old answer was used.
   */
  state(): SourceState {
    const { mirrored, ...state } = this.#base.state?.() ?? {};
    return { ...state, ...(this.#isNew() ? {} : { mirrored }), version: undefined };
  }

  #isNew(): boolean {
    const isOfArtifact = ({ question }: UsedInOutage): boolean => isArtifactQuestion(question);
    return this.#asksAgain && !this.#keptArtifact && ![...this.#used.values()].some(isOfArtifact);
  }

  /** Lets go of an answer that the base has by now. What it ended stays ended. */
  forget(question: Question): void {
    this.#fresh.delete(questionText(question));
  }

  /** Nobody may be asked this: an earlier answer counts, however old it is, as where nothing may be asked at all. */
  keep(question: Question): void {
    this.#kept.add(questionText(question));
    this.#keptArtifact ||= isArtifactQuestion(question);
  }

  /** Adds an answer. An outage never replaces a definite answer. A new fact ends the claims that it contradicts. */
  set(question: Question, answer: Answer): void {
    const claims = answer.state === "present" ? this.claims(question) : [];
    if (claims.length > 0 && contradicts(answer, this.#base.answer(question)))
      for (const { scope } of claims) this.#ended.add(scope);
    this.#fresh.set(questionText(question), answer);
  }
}

/**
 * An outage does not hide a known answer; the freshness budget limits its age. What is no outage does: refused
 * credentials, a certificate that does not verify. Of a list that may have more, the outage says why nobody knows.
 */
function heldDespite<A extends Answer>(question: Question, outage: A & Unavailable, held: A | undefined): A {
  if (held === undefined || held.state === "unavailable") return outage;
  if (held.state === "present" && held.partial !== undefined) return { ...held, partial: outage };
  return isOutage(question, outage) ? held : outage;
}

/**
 * Whether the failure is one that `failurePolicy: Ignore` overlooks. Keys are pinned, log entries do not change, and a
 * trusted root has an expiry of its own: whoever refuses them takes nothing back.
 */
function isOutage({ kind }: Question, { code }: Unavailable): boolean {
  return kind === "key" || kind === "log-entry" || kind === "trusted-root" || codeRow(code).ignorable === "artifact";
}
