import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { ask, openQuestions } from "../../../core/knowledge/ask.ts";
import { nothingKnown } from "../../../core/knowledge/knowledge.ts";
import { questionText } from "../../../core/knowledge/question.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../support/assert.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/knowledge/ask");
const question = { kind: "key", reference: "k8s://ns/key" } as const;
const outage = new MemoryKnowledge(defaultLimits).set(question, {
  state: "unavailable",
  code: "timed-out",
  at: "2026-01-01T00:00:00Z",
  from: "kms",
});

test("present and absent are answers, with where and when", () => {
  const known = new MemoryKnowledge(defaultLimits, { at: "2026-01-01T00:00:00Z", from: "here" });
  const origin = { at: "2026-01-01T00:00:00Z", from: "here" };
  assert.equal(ask(known.present(question, "pem"), question), { state: "present", value: "pem", ...origin });
  assert.equal(ask(known.absent(question), question), { state: "absent", ...origin });
});

test("never asked and asked in vain carry their question, under a code of their own or the matter's", () => {
  const attempts = [
    throwsCode("not-in-mirror", () => ask(nothingKnown, question)),
    throwsCode("no-key", () => ask(nothingKnown, question, "no-key")),
    throwsCode("timed-out", () => ask(outage, question)),
    throwsCode("no-key", () => ask(outage, question, "no-key")),
  ];
  for (const error of attempts) {
    assert.equal(openQuestions(error), [question]);
    assert.is(error.subject, "k8s://ns/key");
    assert.ok(error.message.includes("the key k8s://ns/key"), error.message);
  }
});

test("what wraps an open question leaves it open, under whatever code", () => {
  const inner = throwsCode("not-in-mirror", () => ask(nothingKnown, question));
  const outer = new EngineError("unresolved", "x", { cause: new Error("between", { cause: inner }) });
  assert.equal(openQuestions(outer), [question]);
});

test("no other error does, even where its subject is the text of a question", () => {
  const subject = questionText(question);
  assert.equal(openQuestions(new EngineError("malformed", "x")), []);
  assert.equal(openQuestions(new EngineError("not-in-mirror", "x", { subject })), []);
  assert.equal(openQuestions(new EngineError("not-in-mirror", "x", { cause: { question } })), []);
  assert.equal(openQuestions(new EngineError("not-in-mirror", "a POST is not made", { subject: "POST /x" })), []);
});

test.run();
