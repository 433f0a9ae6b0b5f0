/**
 * The asker: each question goes to the part of the world that answers it, and comes back in time. Source:
 * docs/architecture.md#decide-then-ask.
 */
import { EngineError } from "../../core/errors.ts";
import type { Answer, AnswerTo, AnswerValues, Known } from "../../core/knowledge/answer.ts";
import type { Asker } from "../../core/knowledge/knowledge.ts";
import { type Question, type QuestionKind, questionText } from "../../core/knowledge/question.ts";
import { Flights } from "../flights.ts";

type Narrowed<Q extends Question, Kind extends QuestionKind> = Q extends unknown
  ? Kind extends Q["kind"]
    ? Q & { readonly kind: Kind }
    : never
  : never;
/** The question of a kind, also where its shape is that of several. */
export type QuestionOf<Kind extends QuestionKind> = Narrowed<Question, Kind>;

/** Answers questions of some kinds. */
export interface Part<Kind extends QuestionKind> {
  /** Who is asked, for people. */
  from(question: QuestionOf<Kind>): string;
  /** What is known without asking anybody: nothing is waited for. */
  known?(question: QuestionOf<Kind>): Known<AnswerValues[Kind]> | undefined;
  /**
   * A definite answer: absent only if the source said so. `undefined`: nobody here may be asked that.
   * @throws EngineError with the code of an outage, or why nobody can know.
   */
  ask(question: QuestionOf<Kind>, signal: AbortSignal): Promise<Known<AnswerValues[Kind]> | undefined>;
}

/** The parts that may be asked. A kind without one stays open. */
export type Parts = { readonly [Kind in QuestionKind]?: Part<Kind> | undefined };

export interface RouteOptions {
  readonly now: () => Date;
  /** For one question, with all its requests and tries. Default 60 s. */
  readonly deadlineMs?: number;
  /** Ends everything: a caller that waits no longer. */
  readonly signal?: AbortSignal;
}

const defaultDeadlineMs = 60_000;

/** The asker over these parts. The same question asked twice at once is asked once. */
export function createRoute(parts: Parts, { now, deadlineMs = defaultDeadlineMs, signal }: RouteOptions): Asker {
  const asking = new Flights<Answer | undefined>();
  const inTime = boundAsking(deadlineMs, signal);

  const askPart = async (question: Question): Promise<Answer | undefined> => {
    const part = parts[question.kind] as Part<QuestionKind> | undefined;
    if (part === undefined) return undefined;
    try {
      return await inTime((stop) => part.ask(question, stop));
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const { code, subject, message } = error;
      const asked = subject === undefined ? {} : { asked: subject };
      return { state: "unavailable", code, at: now().toISOString(), from: part.from(question), why: message, ...asked };
    }
  };

  const knownOf = <Q extends Question>(question: Q) =>
    (parts[question.kind] as Part<QuestionKind> | undefined)?.known?.(question) as AnswerTo<Q> | undefined;

  return {
    known: knownOf,
    async ask<Q extends Question>(question: Q) {
      const known = knownOf(question);
      if (known !== undefined) return known;
      const text = questionText(question);
      return (await asking.join(text, () => askPart(question))) as AnswerTo<Q> | undefined;
    },
  };
}

/**
 * Bounds what is asked: `timed-out` when its time is up or the caller gives up, so that nothing that a part waits for
 * may hold a decision up. Each question has one timer and one signal, and all together listen to the caller's signal
 * once: Node's combined signals cost as much as asking a registry nearby.
 */
function boundAsking(ms: number, signal: AbortSignal | undefined) {
  const running = new Set<(reason: unknown) => void>();
  const endAll = (): void => {
    for (const end of running) end(signal?.reason);
  };
  return async <Result>(ask: (stop: AbortSignal) => Promise<Result>): Promise<Result> => {
    const stopping = new AbortController();
    const { promise: late, reject } = withReject();
    const end = (reason: unknown): void => {
      stopping.abort(reason);
      reject(new EngineError("timed-out", "no answer in time"));
    };
    const timer = setTimeout(() => end(new DOMException("no answer in time", "TimeoutError")), ms);
    if (running.size === 0) signal?.addEventListener("abort", endAll);
    running.add(end);
    if (signal?.aborted === true) end(signal.reason);
    try {
      return await Promise.race([ask(stopping.signal), late]);
    } finally {
      clearTimeout(timer);
      running.delete(end);
      if (running.size === 0) signal?.removeEventListener("abort", endAll);
    }
  };
}

function withReject(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}
