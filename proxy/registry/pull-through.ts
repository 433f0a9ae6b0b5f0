/**
 * Questions of clients, answered from the mirror, and from the registry where the mirror's answer is missing or old.
 * What a registry answers is written into the mirror. Source: docs/spec/offline.md#registry-proxy,
 * docs/architecture.md#decide-then-ask.
 */
import { AskingRun } from "../../core/decide/settle.ts";
import { EngineError, type ErrorCode } from "../../core/errors.ts";
import type { Answer, AnswerTo, Unavailable } from "../../core/knowledge/answer.ts";
import type { Asker, Knowledge } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { unaskedRestWords, unaskedWords } from "../../core/knowledge/question-words.ts";

export type FailurePolicy = "Fail" | "Ignore";

/** An earlier answer that is given, because nobody could give a newer one. */
export interface Stale {
  /** Of the earlier answer, RFC 3339. */
  readonly at: string;
  readonly code: ErrorCode;
}

/** Nobody knows, and why. */
export interface Unknown {
  readonly state: "unknown";
  readonly code: ErrorCode;
  /** A sentence. */
  readonly why: string;
  /** Whether asking again later may help without anybody doing anything. */
  readonly mayPass: boolean;
}

/** Until when a request waits for registries, on the clock of `performance`. */
export type Deadline = number;

type Definite<Q extends Question> = Exclude<AnswerTo<Q>, Unavailable>;
export type Outcome<Q extends Question> = (Definite<Q> & { readonly stale?: Stale }) | Unknown;

export interface PullThroughOptions {
  readonly knowledge: Knowledge;
  /** Nobody is asked without it. */
  readonly asker?: Asker | undefined;
  /** Writes an answer into the mirror. */
  readonly store?: ((question: Question, answer: Answer) => void) | undefined;
  readonly failurePolicy: FailurePolicy;
  readonly refreshMs: number;
  readonly now: () => Date;
  /** What went wrong without the client being told. */
  readonly report: (error: EngineError) => void;
}

/** How long an outage is remembered for the same question, so that a storm of clients asks a sick registry once. */
const outageMs = 5_000;
const mostOutages = 10_000;

export class PullThrough {
  readonly #options: PullThroughOptions;
  /** Questions that are being asked, by canonical text: however many clients wait, a registry is asked once. */
  readonly #flights = new Map<string, Promise<Answer | undefined>>();
  readonly #outages = new Map<string, { readonly until: number; readonly answer: Unavailable }>();

  constructor(options: PullThroughOptions) {
    this.#options = options;
  }

  /** The mirror's answer where it needs no asking; else `undefined`. @throws EngineError `mirror-corrupt` */
  held<Q extends Question>(question: Q, mayAsk: boolean): Outcome<Q> | undefined {
    const answer = this.#options.knowledge.answer(question);
    if (answer === undefined) return mayAsk ? undefined : unasked(question);
    if (answer.state === "unavailable") return mayAsk ? undefined : unknownFrom(answer);
    if (!mayAsk) return answer;
    if (isPartial(answer)) return undefined;
    return this.isFresh(question, answer) ? answer : undefined;
  }

  /** Whether an answer may be given without asking again. */
  isFresh(question: Question, answer: Answer): boolean {
    const isFixed = answer.state === "present" && (question.kind === "manifest" || question.kind === "blob");
    return isFixed || Math.abs(this.#options.now().getTime() - Date.parse(answer.at)) <= this.#options.refreshMs;
  }

  /**
   * The answer, asked for where `mayAsk` and the mirror's is missing or old.
   * @throws EngineError `mirror-corrupt`.
   */
  async read<Q extends Question>(question: Q, mayAsk: boolean, deadline: Deadline): Promise<Outcome<Q>> {
    const held = this.held(question, mayAsk);
    const { asker, knowledge, now, refreshMs } = this.#options;
    if (held !== undefined) return held;
    if (asker === undefined) return unasked(question);
    const run = new AskingRun(knowledge, this.#waiting(asker, deadline), now(), { refresh: refreshMs });
    const { answer } = await run.settle((known) => {
      const found = known.answer(question);
      const isOpen = found === undefined || found.state === "unavailable" || isPartial(found);
      return { answer: found, open: isOpen ? [question] : [] };
    }, 3);
    const [used] = run.usedInOutages();
    return this.#outcome(question, answer, used?.outage);
  }

  /** An answer under the failure policy: `outage` is why it is no newer. */
  #outcome<Q extends Question>(
    question: Q,
    answer: AnswerTo<Q> | undefined,
    outage: Unavailable | undefined,
  ): Outcome<Q> {
    if (answer === undefined) return unasked(question);
    if (answer.state === "unavailable") return unknownFrom(answer);
    const partial = answer.state === "present" ? answer.partial : undefined;
    const failure = outage ?? (partial === true ? undefined : partial);
    if (failure === undefined) return answer;
    if (this.#options.failurePolicy === "Fail") return unknownFrom(failure);
    return { ...answer, stale: { at: answer.at, code: failure.code } };
  }

  /** The asker of one request, which waits no longer than a client does. Asking goes on, for the next one. */
  #waiting(asker: Asker, deadline: Deadline): Asker {
    const { now } = this.#options;
    const late = timer(Math.max(0, deadline - performance.now()));
    return {
      ask: async <Q extends Question>(question: Q) => {
        const answer = await Promise.race([this.#ask(asker, question), late.promise]);
        late.clear();
        if (answer !== "late") return answer as AnswerTo<Q> | undefined;
        const at = now().toISOString();
        const why = "no answer in time; asking goes on";
        return { state: "unavailable", code: "timed-out", at, from: "", why } as const;
      },
    };
  }

  #ask(asker: Asker, question: Question): Promise<Answer | undefined> {
    const text = questionText(question);
    const outage = this.#outages.get(text);
    if (outage !== undefined) {
      if (this.#now() < outage.until) return Promise.resolve(outage.answer);
      this.#outages.delete(text);
    }
    const flight = this.#flights.get(text) ?? this.#fly(asker, question, text);
    this.#flights.set(text, flight);
    return flight;
  }

  async #fly(asker: Asker, question: Question, text: string): Promise<Answer | undefined> {
    try {
      const answer: Answer | undefined = await asker.ask(question);
      if (answer?.state === "unavailable") {
        if (this.#outages.size >= mostOutages) this.#outages.clear();
        this.#outages.set(text, { until: this.#now() + outageMs, answer });
      }
      if (answer !== undefined) this.#store(question, answer);
      return answer;
    } finally {
      this.#flights.delete(text);
    }
  }

  /** A mirror that cannot be written hides nothing that a registry said. */
  #store(question: Question, answer: Answer): void {
    try {
      this.#options.store?.(question, answer);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#options.report(error);
    }
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}

const isPartial = (answer: Answer): boolean => answer.state === "present" && answer.partial !== undefined;

function unasked(question: Question): Unknown {
  return { state: "unknown", code: "not-in-mirror", why: unaskedWords(question), mayPass: false };
}

/** Nobody was asked for the rest of a list. */
export const unknownRest = (question: Question): Unknown => ({
  state: "unknown",
  code: "not-in-mirror",
  why: unaskedRestWords(question),
  mayPass: false,
});

/** What a registry said of the credentials that the proxy has is for its log, not for clients. */
function unknownFrom({ code, from, why = code }: Unavailable): Unknown {
  const asked = from === "" ? "the registry" : from;
  return {
    state: "unknown",
    code,
    why: code === "access-denied" ? `${asked} refuses the proxy; its log says more` : `${asked} cannot say: ${why}`,
    mayPass: code !== "access-denied" && code !== "tls-failure",
  };
}

function timer(ms: number): { readonly promise: Promise<"late">; readonly clear: () => void } {
  let clear = (): void => undefined;
  const promise = new Promise<"late">((resolve) => {
    const running = setTimeout(() => resolve("late"), ms);
    clear = () => clearTimeout(running);
  });
  return { promise, clear };
}
