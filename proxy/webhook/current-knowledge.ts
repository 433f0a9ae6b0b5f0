/**
 * What is known, where answers that grow old are asked for again: as of now while all that a decision read is young.
 * Then it is the decision that asking would end with, and nobody is asked. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Decision } from "../../core/index.ts";
import { parseQuestion } from "../../core/index.ts";
import { hold, type Knowledge } from "../../core/knowledge/knowledge.ts";

/** Milliseconds since 1970, both included. */
interface Period {
  readonly from: number;
  readonly to: number;
}

const always: Period = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const never: Period = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };

export class CurrentKnowledge {
  readonly knowledge: Knowledge;
  readonly #refreshMs: number;
  /** When what a decision read is young, by its results: those of a remembered decision are the same list each time. */
  readonly #young = new WeakMap<Decision["results"], Period>();

  /** `refreshMs`: older answers that can change are asked for again. */
  constructor(source: Knowledge, refreshMs: number) {
    this.#refreshMs = refreshMs;
    this.knowledge = {
      answer: (question) => source.answer(question),
      claims: (question) => source.claims?.(question) ?? [],
      facts: (scope) => source.facts?.(scope) ?? [],
      hold: () => hold(source),
      // A mirror whose answers are asked for again is no copy whose age counts.
      state() {
        const state = source.state?.() ?? {};
        if (refreshMs === Number.POSITIVE_INFINITY) return state;
        const { mirrored: _, ...rest } = state;
        return rest;
      },
    };
  }

  /** Whether nothing that the decision read would be asked for again. */
  isYoung({ results, read }: Pick<Decision, "results" | "read">, now: Date): boolean {
    if (this.#refreshMs === Number.POSITIVE_INFINITY) return true;
    const held = this.#young.get(results);
    if (held !== undefined && isIn(held, now)) return true;
    // Again where it is over: what is watched is always of now.
    const period = read.map((text) => this.#youthOf(text)).reduce(both, always);
    this.#young.set(results, period);
    return isIn(period, now);
  }

  /** Content has its digest and never ages; that there is none does. A time that cannot be read is old. */
  #youthOf(text: string): Period {
    const question = parseQuestion(text);
    const answer = this.knowledge.answer(question);
    if (answer === undefined) return never;
    const lasts = answer.state === "present" && (question.kind === "manifest" || question.kind === "blob");
    if (lasts) return always;
    const at = Date.parse(answer.at);
    return Number.isNaN(at) ? never : { from: at - this.#refreshMs, to: at + this.#refreshMs };
  }
}

const isIn = ({ from, to }: Period, now: Date): boolean => from <= now.getTime() && now.getTime() <= to;

const both = (left: Period, right: Period): Period => ({
  from: Math.max(left.from, right.from),
  to: Math.min(left.to, right.to),
});
