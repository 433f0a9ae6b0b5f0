/**
 * One run's answers on top of the known ones: the loop decides from both. Source: docs/architecture.md#decide-then-ask.
 */
import type { Answer, AnswerTo } from "./answer.ts";
import { type CompletenessClaim, contradicts } from "./completeness-claim.ts";
import type { Knowledge, SourceState } from "./knowledge.ts";
import { type Question, questionText } from "./question.ts";

/** It has no version: it lasts for one run, and each round of asking changes it. */
export class Overlay implements Knowledge {
  readonly #base: Knowledge;
  readonly #isOld: (question: Question, answer: Answer) => boolean;
  readonly #fresh = new Map<string, Answer>();
  /** Scopes whose claims were contradicted in this run: no absence rests on them any more. */
  readonly #ended = new Set<string>();

  /** If `isOld` holds for the base's answer, the question counts as unanswered. */
  constructor(base: Knowledge, isOld: (question: Question, answer: Answer) => boolean = () => false) {
    this.#base = base;
    this.#isOld = isOld;
  }

  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const fresh = this.#fresh.get(questionText(question)) as AnswerTo<Q> | undefined;
    if (fresh !== undefined && fresh.state !== "unavailable") return fresh;
    const held = this.#held(question);
    // An outage does not hide a known answer. The freshness budget limits its age.
    if (fresh !== undefined) return heldDespite(fresh, held);
    return held !== undefined && this.#isOld(question, held) ? undefined : held;
  }

  #held<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    const held = this.#base.answer(question);
    return held?.state === "absent" && held.claim !== undefined && this.#ended.has(held.claim) ? undefined : held;
  }

  claims(question: Question): readonly CompletenessClaim[] {
    return (this.#base.claims?.(question) ?? []).filter(({ scope }) => !this.#ended.has(scope));
  }

  /** The base's state, without a version. */
  state(): SourceState {
    return { ...this.#base.state?.(), version: undefined };
  }

  /** Lets go of an answer that the base has by now. What it ended stays ended. */
  forget(question: Question): void {
    this.#fresh.delete(questionText(question));
  }

  /** Adds an answer. An outage never replaces a definite answer. A new fact ends the claims that it contradicts. */
  set(question: Question, answer: Answer): void {
    const claims = answer.state === "present" ? this.claims(question) : [];
    if (claims.length > 0 && contradicts(answer, this.#base.answer(question)))
      for (const { scope } of claims) this.#ended.add(scope);
    this.#fresh.set(questionText(question), answer);
  }
}

/** What stays known in an outage. Of a list that may have more, the outage says why nobody knows. */
function heldDespite<A extends Answer>(outage: A, held: A | undefined): A {
  if (held === undefined || held.state === "unavailable") return outage;
  return held.state === "present" && held.partial !== undefined && outage.state === "unavailable"
    ? { ...held, partial: outage }
    : held;
}
