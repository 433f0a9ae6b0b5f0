/** The loop: decide, ask what is open, decide again. The only asynchronous code of the engine. Source: design.md section 1. */
import type { Decision, DecideOptions, Engine } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { AdmissionRequest } from "./kyverno/rule/request.ts";
import { defaultLimits } from "./limits.ts";
import { type Answer, type AnswerTo, type Asker, type Knowledge, type Question, questionText } from "./question.ts";

export interface SettleOptions extends DecideOptions {
  readonly maxRounds?: number;
  /** Receives every present and absent answer as it comes, to be kept; unavailable ones hold for this run only. */
  readonly store?: (question: Question, answer: Answer) => void;
}

/**
 * Decides with an asker: all open questions of a round are asked at once, each question at most once a run.
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
  const answers = new Map<string, Answer>();
  const overlaid: Knowledge = {
    answer: <Q extends Question>(question: Q) => (answers.get(questionText(question)) as AnswerTo<Q> | undefined) ?? knowledge.answer(question),
  };
  const rounds = options.maxRounds ?? defaultLimits.settleRounds;
  for (let round = 0; round < rounds; round++) {
    const decision = engine.decide(request, overlaid, now, options);
    const asked = decision.open.filter((question) => !answers.has(questionText(question)));
    if (asked.length === 0) return decision;
    await Promise.all(
      asked.map(async (question) => {
        const answer = await asker.ask(question);
        answers.set(questionText(question), answer);
        if (answer.state !== "unavailable") options.store?.(question, answer);
      }),
    );
  }
  throw new EngineError("over-budget", `questions are still open after ${rounds} rounds of asking`);
}
