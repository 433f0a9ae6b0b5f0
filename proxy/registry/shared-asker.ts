/**
 * One asker for all clients: however many wait for an answer, a registry is asked once, its answer is kept, and an
 * outage is not asked about again at once. Source: docs/spec/offline.md#registry-proxy.
 */
import { EngineError } from "../../core/errors.ts";
import type { Answer, AnswerTo, Unavailable } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../core/knowledge/question.ts";
import { BoundedMap } from "../bounded-map.ts";
import { Flights } from "../flights.ts";
import { untilDeadline } from "../until-deadline.ts";
import { SilentHosts } from "./silent-hosts.ts";

/** Until when a request waits for registries, on the clock of `performance`. */
export type Deadline = number;

export interface SharedAskerOptions {
  readonly asker: Asker;
  /** Writes an answer into the mirror. */
  readonly store?: ((question: Question, answer: Answer) => void) | undefined;
  readonly now: () => Date;
  /** Shared by the askers of one proxy. */
  readonly silent?: SilentHosts | undefined;
  /** What went wrong without the client being told. */
  readonly report: (error: EngineError) => void;
}

/** How long an outage is remembered for the same question, so that a storm of clients asks a sick registry once. */
const outageMs = 5_000;
const mostOutages = 10_000;
/**
 * Characters of a question. Variables of policies take names and paths from resources that nobody has looked at yet:
 * what is so long is none, and what is remembered of outages must not fill memory.
 */
const longest = 16 * 1024;

interface Outage {
  readonly until: number;
  readonly answer: Unavailable;
  /** Of the registry, before this outage. */
  readonly returns: number;
}

export class SharedAsker {
  readonly #options: SharedAskerOptions;
  /** Questions that are being asked, by canonical text. */
  readonly #flights = new Flights<Answer | undefined>();
  readonly #silent: SilentHosts;
  readonly #outages = new BoundedMap<string, Outage>(mostOutages);

  constructor(options: SharedAskerOptions) {
    this.#options = options;
    this.#silent = options.silent ?? new SilentHosts(options);
  }

  /** The asker of one request, which waits no longer than a client does. Asking goes on, for the next one. */
  until(deadline: Deadline): Asker {
    return {
      ask: async <Q extends Question>(question: Q) => {
        const answer = await untilDeadline(this.#ask(question), deadline);
        if (answer !== "late") return answer as AnswerTo<Q> | undefined;
        const at = this.#options.now().toISOString();
        const why = "no answer in time; asking goes on: try again";
        return { state: "unavailable", code: "timed-out", at, from: "", why } as const;
      },
    };
  }

  #ask(question: Question): Promise<Answer | undefined> {
    const text = questionText(question);
    if (text.length > longest) return Promise.resolve(this.#unasked(text));
    const outage = this.#outages.get(text);
    if (outage !== undefined) {
      const isOver = outage.returns !== this.#silent.returns(question) && outage.answer.code !== "rate-limited";
      if (this.#now() < outage.until && !isOver) return Promise.resolve(outage.answer);
      this.#outages.delete(text);
    }
    return this.#flights.join(text, () => this.#fly(question, text));
  }

  #unasked({ length }: string): Unavailable {
    const at = this.#options.now().toISOString();
    const why = `its name has ${length} characters, and nobody is asked with more than ${longest}`;
    return { state: "unavailable", code: "over-limit", at, from: "", why };
  }

  async #fly(question: Question, text: string): Promise<Answer | undefined> {
    const answer: Answer | undefined = await this.#options.asker.ask(question);
    if (answer?.state === "unavailable")
      this.#outages.set(text, { until: this.#now() + outageMs, answer, returns: this.#silent.returns(question) });
    if (answer !== undefined) this.#store(question, answer);
    if (answer !== undefined) this.#silent.heard(question, answer);
    return answer;
  }

  /** A mirror that cannot be written must not keep the registry's answer from the client. */
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
