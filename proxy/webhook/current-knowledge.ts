/**
 * What is known, where answers that grow old are asked for again: as of now while nothing that a decision read would
 * be. Then it is the decision that asking would end with, and nobody is asked. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Answer, Decision } from "../../core/index.ts";
import { parseQuestion } from "../../core/index.ts";
import { hold, type Knowledge } from "../../core/knowledge/knowledge.ts";
import { isArtifactQuestion, type Question } from "../../core/knowledge/question.ts";

/** Milliseconds since 1970, both included. */
interface Period {
  readonly from: number;
  readonly to: number;
}

const always: Period = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };
const never: Period = { from: Number.POSITIVE_INFINITY, to: Number.NEGATIVE_INFINITY };

export interface Refreshing {
  /** Older answers that can change are asked for again. */
  readonly refreshMs: number;
  /** What it answers is never asked for again. */
  readonly given?: Knowledge | undefined;
  /** In place of `refreshMs` for one question; infinite where nobody may be asked it. */
  readonly refreshOf?: ((question: Question) => number) | undefined;
}

/**
 * `asking`: something would be asked for, or asked for again. `copied`: nothing would, but only because nobody may be
 * asked for an old answer about artifacts, so that the age of the mirror counts. `current`: neither.
 */
export type Currency = "current" | "copied" | "asking";

interface Kept {
  readonly currency: "current" | "copied";
  readonly during: Period;
}

export class CurrentKnowledge {
  readonly knowledge: Knowledge;
  readonly #refreshing: Refreshing;
  /** Of what a decision read, by its results: those of a remembered decision are the same list each time. */
  readonly #kept = new WeakMap<Decision["results"], Kept>();

  constructor(source: Knowledge, refreshing: Refreshing) {
    this.#refreshing = refreshing;
    const { refreshMs } = refreshing;
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

  /** Whether anything that the decision read would be asked for, or asked for again. */
  currency({ results, read, open }: Pick<Decision, "results" | "read" | "open">, now: Date): Currency {
    if (open.length > 0) return "asking";
    if (this.#refreshing.refreshMs === Number.POSITIVE_INFINITY) return "current";
    const held = this.#kept.get(results);
    if (held !== undefined && isIn(held.during, now)) return held.currency;
    // Again where it is over: what is watched is always of now.
    const kept = read
      .map((text) => this.#currencyOf(text, now))
      .reduce(joined, { currency: "current", during: always });
    this.#kept.set(results, kept);
    return isIn(kept.during, now) ? kept.currency : "asking";
  }

  #currencyOf(text: string, now: Date): Kept {
    const { refreshMs, given, refreshOf } = this.#refreshing;
    const question = parseQuestion(text);
    const answer = this.knowledge.answer(question);
    if (answer === undefined) return { currency: "current", during: never };
    const young = youth(question, answer, refreshMs);
    if (isIn(young, now)) return { currency: "current", during: young };
    // Most answers are young: nothing else is looked at for them.
    if (given?.answer(question) !== undefined) return { currency: "current", during: always };
    const during = refreshOf === undefined ? never : youth(question, answer, refreshOf(question));
    return { currency: isArtifactQuestion(question) ? "copied" : "current", during };
  }
}

/** Content has its digest and never ages; that there is none does. A time that cannot be read is in no period. */
function youth(question: Question, answer: Answer, refreshMs: number): Period {
  if (answer.state === "present" && (question.kind === "manifest" || question.kind === "blob")) return always;
  const at = Date.parse(answer.at);
  return { from: at - refreshMs, to: at + refreshMs };
}

const isIn = ({ from, to }: Period, now: Date): boolean => from <= now.getTime() && now.getTime() <= to;

const joined = (left: Kept, right: Kept): Kept => ({
  currency: left.currency === "current" ? right.currency : left.currency,
  during: {
    from: Math.max(left.during.from, right.during.from),
    to: Math.min(left.during.to, right.during.to),
  },
});
