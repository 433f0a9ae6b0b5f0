import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import type { AnswerTo } from "../../../core/knowledge/answer.ts";
import type { Knowledge } from "../../../core/knowledge/knowledge.ts";
import type { Question } from "../../../core/knowledge/question.ts";
import { Memo, noRecall, type Recall } from "../../../core/verify/memo.ts";

const test = suite("core/verify/memo");

const key = (reference: string): Question & { kind: "key" } => ({ kind: "key", reference });
const tag = (name: string): Question & { kind: "tag" } => ({ kind: "tag", repository: "ghcr.io/org/app", tag: name });
const descriptor = {
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  digest: `sha256:${"a".repeat(64)}` as const,
  size: 1,
};

/** A source that counts what it is asked. */
class Counting implements Knowledge {
  readonly inner = new MemoryKnowledge();
  asked = 0;
  answer<Q extends Question>(question: Q): AnswerTo<Q> | undefined {
    this.asked++;
    return this.inner.answer(question);
  }
  version(): string | undefined {
    return this.inner.version();
  }
}

const owner = {};
/** Reads a key and gives its text. */
const compute = (reference: string, keep: boolean) => (knowledge: Knowledge) => {
  const answer = knowledge.answer(key(reference));
  return { value: answer?.state === "present" ? answer.value : "nothing", keep };
};
const recall = (memo: Recall, reference: string, keep = true) =>
  memo.recall(owner, reference, compute(reference, keep));

test("a result is computed once while the version stands, and its reading is on record each time", () => {
  const source = new Counting();
  source.inner.present(key("a"), "A");
  const memo = new Memo(10);
  for (const _ of [1, 2, 3]) {
    const opened = memo.open(source);
    assert.is(recall(opened, "a"), "A");
    assert.equal(opened.knowledge.read(), ["key a"]);
    assert.equal(opened.knowledge.open(), []);
  }
  assert.is(source.asked, 1);
});

test("what no longer holds is computed anew, and kept in place of what was", () => {
  const source = new Counting();
  source.inner.present(key("a"), "A");
  const memo = new Memo(10);
  const at = (time: number) =>
    memo.open(source).recall(
      owner,
      "a",
      (knowledge) => ({ value: { until: time + 10, is: compute("a", true)(knowledge).value }, keep: true }),
      ({ until }) => time < until,
    );
  assert.is(at(0), at(9));
  assert.is(source.asked, 1);
  assert.is(at(10).until, 20);
  assert.is(source.asked, 2);
  assert.is(at(19).until, 20);
});

test("any change of the source forgets everything", () => {
  const source = new Counting();
  source.inner.present(key("a"), "A");
  const memo = new Memo(10);
  assert.is(recall(memo.open(source), "a"), "A");
  source.inner.present(key("a"), "B");
  assert.is(recall(memo.open(source), "a"), "B");
});

test("what is open, or says that it may not be kept, is computed anew", () => {
  const source = new Counting();
  const memo = new Memo(10);
  for (const _ of [1, 2]) {
    const opened = memo.open(source);
    assert.is(recall(opened, "never-asked"), "nothing");
    assert.equal(opened.knowledge.open(), [key("never-asked")]);
  }
  assert.is(source.asked, 2);
  source.inner.present(key("a"), "A");
  for (const _ of [1, 2]) recall(memo.open(source), "a", false);
  assert.is(source.asked, 4);
});

test("within one decision everything is computed once, also what may not be kept", () => {
  const source = new Counting();
  for (const opened of [new Memo(10).open(source), new Memo(0).open(source), noRecall(source)]) {
    let computed = 0;
    const count = (name: string, holds = true) =>
      opened.recall(
        owner,
        name,
        () => ({ value: ++computed, keep: false }),
        () => holds,
      );
    assert.equal([count("a"), count("a"), count("b"), count("a", false)], [1, 1, 2, 1]);
    assert.is(
      opened.recall({}, "a", () => ({ value: 0, keep: true })),
      0,
    );
  }
});

test("owners and sources have their own results", () => {
  const [one, two] = [new Counting(), new Counting()];
  one.inner.present(key("a"), "A");
  two.inner.present(key("a"), "B");
  assert.is(one.version(), two.version());
  const memo = new Memo(10);
  assert.is(recall(memo.open(one), "a"), "A");
  assert.is(recall(memo.open(two), "a"), "B");
  const other = {};
  assert.is(
    memo.open(one).recall(other, "a", () => ({ value: "another owner's", keep: true })),
    "another owner's",
  );
  assert.is(recall(memo.open(one), "a"), "A");
});

test("a source without a version is asked every time", () => {
  const source = new Counting();
  source.inner.present(key("a"), "A");
  const silent: Knowledge = { answer: (question) => source.answer(question) };
  const memo = new Memo(10);
  for (const _ of [1, 2]) assert.is(recall(memo.open(silent), "a"), "A");
  assert.is(source.asked, 2);
  for (const _ of [1, 2]) assert.is(recall(noRecall(source), "a"), "A");
  assert.is(source.asked, 4);
});

test("tags are asked for once in each version, outages every time", () => {
  const source = new Counting();
  source.inner.present(tag("1"), descriptor);
  source.inner.set(tag("2"), {
    state: "unavailable",
    code: "unreachable",
    at: "2026-01-01T00:00:00Z",
    from: "ghcr.io",
  });
  const memo = new Memo(10);
  const read = () => [tag("1"), tag("2")].map((question) => memo.open(source).knowledge.answer(question)?.state);
  assert.equal(read(), ["present", "unavailable"]);
  assert.is(source.asked, 2);
  assert.equal(read(), ["present", "unavailable"]);
  assert.is(source.asked, 3);
  source.inner.absent(tag("1"));
  assert.equal(read(), ["absent", "unavailable"]);
});

test("the bound holds: the one that was not used longest leaves", () => {
  const source = new Counting();
  for (const name of ["a", "b", "c"]) source.inner.present(key(name), name);
  const memo = new Memo(2);
  for (const name of ["a", "b", "a", "c"]) recall(memo.open(source), name);
  const before = source.asked;
  recall(memo.open(source), "a");
  assert.is(source.asked, before);
  recall(memo.open(source), "b");
  assert.is(source.asked, before + 1);
  const none = new Memo(0);
  for (const _ of [1, 2]) recall(none.open(source), "a");
  assert.is(source.asked, before + 3);
});

test.run();
