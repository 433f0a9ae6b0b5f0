import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import type { AnswerTo } from "../../../core/knowledge/answer.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { RecordingKnowledge } from "../../../core/knowledge/recording-knowledge.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/knowledge/recording-knowledge");
const key = (reference: string) => ({ kind: "key", reference }) as const;

test("each question is asked once, its answer is the same all along, and what was read is on record", () => {
  let asked = 0;
  const source: Knowledge = {
    answer<Q extends Question>(): AnswerTo<Q> | undefined {
      return { state: "present", value: String(++asked), at: "", from: "" } as AnswerTo<Q>;
    },
  };
  const knowledge = new RecordingKnowledge(source);
  const value = () => {
    const answer = knowledge.answer(key("a"));
    return answer?.state === "present" ? answer.value : undefined;
  };
  assert.equal([value(), value(), asked], ["1", "1", 1]);
  assert.equal(knowledge.read(), ["key a"]);
});

test("open: never asked, and asked in vain; absent is an answer", () => {
  const source = new MemoryKnowledge(defaultLimits)
    .absent(key("absent"))
    .set(key("out"), { state: "unavailable", code: "timed-out", at: "", from: "" });
  const knowledge = new RecordingKnowledge(source);
  for (const reference of ["out", "absent", "never"]) knowledge.answer(key(reference));
  assert.equal(knowledge.open(), [key("out"), key("never")]);
  assert.equal(knowledge.read(), ["key absent", "key never", "key out"]);
});

test.run();
