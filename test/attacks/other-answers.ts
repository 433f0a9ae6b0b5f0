/** Sources that answer otherwise than the signed image's own, and policies and Pods changed in one place. */
import type { AnswerTo } from "../../core/knowledge/answer.ts";
import type { Knowledge } from "../../core/knowledge/knowledge.ts";
import type { Question } from "../../core/knowledge/question.ts";
import { type Json, putImage, type Signed, Store } from "../lab/index.ts";
import { lab } from "./refuses.ts";

/** Another image in the signed one's repository, and its descriptor. */
export function beside(signed: Signed, label = "evil") {
  const store = new Store();
  const { bytes, ...descriptor } = putImage(store, signed.repository, label);
  return { store, bytes, descriptor };
}

/** Knowledge with further content, and with other answers to some questions. */
export function altered(
  signed: Signed,
  answerTo: (question: Question, times: number) => unknown,
  further = new Store(),
): Knowledge {
  const counts = new Map<string, number>();
  const more = further.knowledge();
  return {
    answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
      const text = JSON.stringify(question);
      counts.set(text, (counts.get(text) ?? 0) + 1);
      const value = answerTo(question, counts.get(text) ?? 0);
      if (value !== undefined)
        return { state: "present", value, at: lab.now.toISOString(), from: "lab" } as AnswerTo<Q>;
      const held = signed.knowledge.answer(question);
      return held?.state === "present" ? held : ((more.answer(question) ?? held) as AnswerTo<Q> | undefined);
    },
  };
}

export const withImage = (image: string) => (pod: Json) => ({ ...pod, spec: { containers: [{ name: "app", image }] } });
export const withEntry = (changes: object) => (policy: Json) => {
  Object.assign(policy.spec.rules[0].verifyImages[0], changes);
  return policy;
};
