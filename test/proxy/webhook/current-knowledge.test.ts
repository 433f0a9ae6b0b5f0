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
const blob: Question = { kind: "blob", repository: "host/app", digest };
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
const readOf = (...questions: readonly Question[]) => ({ results: [], read: questions.map(questionText), open: [] });
const present = { state: "present", value: new Uint8Array() } as never;

const refreshMs = 10 * minute;
const endless = Number.POSITIVE_INFINITY;

test("a tag and an absence grow old, before and after their time; content never does", () => {
  const cases = [
    [present, tag, 9, "current"],
    [present, tag, 10, "current"],
    [present, tag, -10, "current"],
    [present, tag, 11, "asking"],
    [present, tag, -11, "asking"],
    [present, manifest, 1000, "current"],
    [present, blob, 1000, "current"],
    [{ state: "absent" }, manifest, 9, "current"],
    [{ state: "absent" }, manifest, 11, "asking"],
  ] as const;
  for (const [answer, question, minutes, expected] of cases) {
    const { source } = sourceOf(answer, minutes);
    const known = new CurrentKnowledge(source, { refreshMs });
    assert.is(known.currency(readOf(question), now), expected, `${question.kind} ${minutes}`);
    assert.is(new CurrentKnowledge(source, { refreshMs: endless }).currency(readOf(question), now), "current");
  }
});

test("one old answer is enough, and so is one that is not there, or has no time", () => {
  const old = sourceOf({ state: "absent" }, 11);
  assert.is(new CurrentKnowledge(old.source, { refreshMs }).currency(readOf(manifest, tag), now), "asking");
  const none: Knowledge = { answer: () => undefined };
  assert.is(new CurrentKnowledge(none, { refreshMs }).currency(readOf(tag), now), "asking");
  const timeless = sourceOf({ state: "absent", at: "soon" }, 0);
  for (const read of [readOf(tag), readOf(tag, manifest), readOf(manifest, tag)]) {
    assert.is(new CurrentKnowledge(timeless.source, { refreshMs }).currency(read, now), "asking");
    assert.is(new CurrentKnowledge(timeless.source, { refreshMs: endless }).currency(read, now), "current");
  }
});

test("what could not be known is asked for, however young the answer is, and where nothing is asked for again", () => {
  const { source } = sourceOf({ state: "unavailable" }, 1);
  for (const ms of [refreshMs, endless]) {
    const known = new CurrentKnowledge(source, { refreshMs: ms });
    assert.is(known.currency(readOf(tag), now), "current");
    assert.is(known.currency({ ...readOf(tag), open: [tag] }, now), "asking");
  }
});

test("the same results are looked at once while they are young", () => {
  const { source, count } = sourceOf(present, 5);
  const known = new CurrentKnowledge(source, { refreshMs });
  const decision = readOf(tag);
  for (let times = 0; times < 3; times++) assert.is(known.currency(decision, now), "current");
  assert.is(count(), 1);
  const later = new Date(now.getTime() + 6 * minute);
  assert.is(known.currency(decision, later), "asking");
  assert.is(known.currency(decision, later), "asking");
  assert.is(count(), 3);
});

test("what is given is never asked for again; a root is, after its own time", () => {
  const old = sourceOf(present, 11);
  const key: Question = { kind: "key", reference: "k8s://ns/key" };
  const root: Question = { kind: "trusted-root", name: "public-good" };
  const given: Knowledge = {
    answer: (question) => (question.kind === "key" ? old.source.answer(question) : undefined),
  };
  const refreshOf = ({ kind }: Question): number => (kind === "trusted-root" ? 20 * minute : refreshMs);
  const known = new CurrentKnowledge(old.source, { refreshMs, given, refreshOf });
  const decision = readOf(key, root);
  for (let times = 0; times < 3; times++) assert.is(known.currency(decision, now), "current");
  assert.is(old.count(), 3, "two answers, and what is given, once");
  assert.is(known.currency(decision, new Date(now.getTime() + 8 * minute)), "current");
  assert.is(known.currency(decision, new Date(now.getTime() + 10 * minute)), "asking");
  assert.is(known.currency(readOf(key, tag), now), "asking", "a tag may still be asked for");
});

test("an old answer of a registry that nobody may ask is that of a copy, whose age counts", () => {
  const old = sourceOf(present, 11);
  const refreshOf = ({ kind }: Question): number => (kind === "tag" ? endless : refreshMs);
  const known = new CurrentKnowledge(old.source, { refreshMs, refreshOf });
  assert.is(known.currency(readOf(tag, manifest), now), "copied");
  const young = new CurrentKnowledge(sourceOf(present, 9).source, { refreshMs, refreshOf });
  assert.is(young.currency(readOf(tag, manifest), now), "current");
});

test("what it is held for is held in its source, and let go there", () => {
  const steps: string[] = [];
  const source: Knowledge = {
    answer: () => undefined,
    hold() {
      steps.push("held");
      return () => void steps.push("let go");
    },
  };
  const release = new CurrentKnowledge(source, { refreshMs }).knowledge.hold?.();
  assert.equal(steps, ["held"]);
  release?.();
  assert.equal(steps, ["held", "let go"]);
});

test("of a source that knows answers alone nothing else is known", () => {
  const { knowledge } = new CurrentKnowledge({ answer: () => undefined }, { refreshMs });
  assert.equal([knowledge.claims?.(tag), knowledge.facts?.(""), knowledge.state?.()], [[], [], {}]);
});

test("where answers are asked for again, the age of the copy says nothing", () => {
  const { source } = sourceOf(present, 5);
  const mirroredWith = (ms: number) => new CurrentKnowledge(source, { refreshMs: ms }).knowledge.state?.().mirrored;
  assert.is(mirroredWith(minute), undefined);
  assert.is.not(mirroredWith(endless), undefined);
});

test.run();
