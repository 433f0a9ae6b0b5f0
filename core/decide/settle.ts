/**
 * The loop: decide, ask what is open, decide again. The only asynchronous code of the engine. Source:
 * docs/architecture.md#decide-then-ask.
 */
import type { Decision, DecideOptions, Engine } from "./engine.ts";
import { EngineError } from "../errors.ts";
import type { AdmissionRequest } from "../kyverno/rule/request.ts";
import type { Answer } from "../knowledge/answer.ts";
import type { Asker, Knowledge } from "../knowledge/knowledge.ts";
import { Overlay } from "../knowledge/overlay.ts";
import type { Question } from "../knowledge/question.ts";

export interface SettleOptions extends DecideOptions {
  /**
   * A changeable answer (a tag, referrers, an absence, a key, the cluster, trust) older than this many milliseconds is
   * asked for again. Default: never.
   */
  readonly refresh?: number;
  /** Receives every present and absent answer, to store it. Unavailable ones hold for this run only. */
  readonly store?: (question: Question, answer: Answer) => void;
}

/** Content addressed by digest never changes; its absence may. */
const canChange = (question: Question, answer: Answer): boolean =>
  answer.state === "absent" || (question.kind !== "manifest" && question.kind !== "blob");

/** Whether to ask again. An answer without a readable time counts as infinitely old. */
function isOld(question: Question, answer: Answer, now: Date, refresh: number | undefined): boolean {
  if (refresh === undefined || !canChange(question, answer)) return false;
  const age = now.getTime() - new Date(answer.at).getTime();
  return !(age <= refresh);
}

/**
 * Decides with an asker: all open questions of a round are asked together, each question at most once per run.
 * @throws EngineError `over-budget` when questions are still open after the last round.
 */
export async function settle(
  engine: Engine,
  request: AdmissionRequest,
  knowledge: Knowledge,
  asker: Asker,
  now: Date,
  options: SettleOptions = {},
): Promise<Decision> {
  const overlay = new Overlay(knowledge, (question, answer) => isOld(question, answer, now, options.refresh));
  const rounds = engine.limits.settleRounds;
  for (let round = 0; round < rounds; round++) {
    const decision = engine.decide(request, overlay, now, options);
    const asked = decision.open.filter((question) => !overlay.has(question));
    if (asked.length === 0) return decision;
    await Promise.all(
      asked.map(async (question) => {
        const answer = await asker.ask(question);
        overlay.set(question, answer);
        if (answer.state !== "unavailable") options.store?.(question, answer);
      }),
    );
  }
  throw new EngineError("over-budget", `questions are still open after ${rounds} rounds of asking`);
}
