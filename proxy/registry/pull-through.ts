/**
 * Questions of clients, answered from the mirror, and from the registry where the mirror's answer is missing or old.
 * What a registry answers is written into the mirror. Source: docs/spec/offline.md#registry-proxy,
 * docs/architecture.md#decide-then-ask.
 */
import { AskingRun } from "../../core/decide/settle.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Answer, AnswerTo, Unavailable } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { unaskedRestWords, unaskedWords } from "../../core/knowledge/question-words.ts";
import type { Deadline, SharedAsker } from "./shared-asker.ts";

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
  /** In place of `why` in the log: what clients are not told. */
  readonly forLog?: string;
  /** Whether asking again later may help without anybody doing anything. */
  readonly mayPass: boolean;
}

type Definite<Q extends Question> = Exclude<AnswerTo<Q>, Unavailable>;
export type Outcome<Q extends Question> = (Definite<Q> & { readonly stale?: Stale }) | Unknown;

export interface PullThroughOptions {
  readonly knowledge: Knowledge;
  /** Nobody is asked without it. */
  readonly asker?: SharedAsker | undefined;
  readonly failurePolicy: FailurePolicy;
  readonly refreshMs: number;
  readonly now: () => Date;
}

export class PullThrough {
  readonly #options: PullThroughOptions;
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
    const run = new AskingRun(knowledge, asker.until(deadline), now(), { refresh: refreshMs });
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
function unknownFrom({ code, from, asked, why = code }: Unavailable): Unknown {
  const hosts = from === "" ? "the registry" : from;
  const isLogin = code === "access-denied";
  return {
    state: "unknown",
    code,
    why: isLogin ? refusalWords(hosts, asked, why) : `asking ${hosts} failed: ${why}`,
    ...(isLogin ? { forLog: why } : {}),
    mayPass: !isLogin && code !== "tls-failure",
  };
}

/** Of several hosts the one that refused: `cache.corp refuses the proxy (HTTP 401); the proxy's log says more`. */
function refusalWords(hosts: string, asked: string | undefined, why: string): string {
  const host = asked !== undefined && URL.canParse(asked) ? new URL(asked).host : "";
  const [status] = /\bHTTP 40[13]\b/.exec(why) ?? [];
  return `${host || hosts} refuses the proxy${status === undefined ? "" : ` (${status})`}; the proxy's log says more`;
}
