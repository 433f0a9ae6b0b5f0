/** Which decisions need nobody: all that they read is young. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Answer } from "../../../core/knowledge/answer.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import { type Question, questionText } from "../../../core/knowledge/question.ts";
import { CurrentKnowledge } from "../../../proxy/webhook/current-knowledge.ts";

const test = suite("proxy/webhook/current-knowledge");
const now = new Date("2026-11-30T12:00:00Z");
const minute = 60_000;
const digest = `sha256:${"0".repeat(64)}` as const;
const tag: Question = { kind: "tag", repository: "host/app", tag: "1" };
const manifest: Question = { kind: "manifest", repository: "host/app", digest };

/** A source of one answer, given so many minutes ago. */
function sourceOf(answer: Partial<Answer> & { readonly state: string }, minutesAgo: number) {
  let asked = 0;
  const at = new Date(now.getTime() - minutesAgo * minute).toISOString();
  const source: Knowledge = {
    answer: () => {
      asked += 1;
      return { at, from: "host", ...answer } as never;
    },
    state: () => ({ version: "1", mirrored: { at: now } }),
  };
  return { source, count: () => asked };
}
const readOf = (...questions: readonly Question[]) => ({ results: [], read: questions.map(questionText) });
const present = { state: "present", value: new Uint8Array() } as never;

test("a tag and an absence grow old, before and after their time; content never does", () => {
  const cases = [
    [present, tag, 9, true],
    [present, tag, 11, false],
    [present, tag, -11, false],
    [present, manifest, 1000, true],
    [{ state: "absent" }, manifest, 9, true],
    [{ state: "absent" }, manifest, 11, false],
  ] as const;
  for (const [answer, question, minutes, isYoung] of cases) {
    const { source } = sourceOf(answer, minutes);
    const known = new CurrentKnowledge(source, 10 * minute);
    assert.is(known.isYoung(readOf(question), now), isYoung, `${question.kind} ${minutes}`);
    assert.ok(new CurrentKnowledge(source, Number.POSITIVE_INFINITY).isYoung(readOf(question), now));
  }
});

test("one old answer is enough, and so is one that is not there, or has no time", () => {
  const old = sourceOf({ state: "absent" }, 11);
  assert.not(new CurrentKnowledge(old.source, 10 * minute).isYoung(readOf(manifest, tag), now));
  const none: Knowledge = { answer: () => undefined };
  assert.not(new CurrentKnowledge(none, minute).isYoung(readOf(tag), now));
  const timeless = sourceOf({ state: "absent", at: "soon" }, 0);
  assert.not(new CurrentKnowledge(timeless.source, minute).isYoung(readOf(tag), now));
});

test("the same results are looked at once while they are young", () => {
  const { source, count } = sourceOf(present, 5);
  const known = new CurrentKnowledge(source, 10 * minute);
  const decision = readOf(tag);
  for (let times = 0; times < 3; times++) assert.ok(known.isYoung(decision, now));
  assert.is(count(), 1);
  const later = new Date(now.getTime() + 6 * minute);
  assert.not(known.isYoung(decision, later));
  assert.not(known.isYoung(decision, later));
  assert.is(count(), 3);
});

test("where answers are asked for again, the age of the copy says nothing", () => {
  const { source } = sourceOf(present, 5);
  assert.is(new CurrentKnowledge(source, minute).knowledge.state?.().mirrored, undefined);
  assert.is.not(new CurrentKnowledge(source, Number.POSITIVE_INFINITY).knowledge.state?.().mirrored, undefined);
});

test.run();
