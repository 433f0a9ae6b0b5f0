import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { ask, openQuestionsOf } from "../../../../core/kyverno/rule/open-question.ts";
import { MemoryKnowledge } from "../../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/rule/open-question");
const question = { kind: "key", reference: "k8s://a/b" } as const;

test("present, absent, never asked, unavailable", () => {
  assert.equal(ask(question, new MemoryKnowledge().present(question, "PEM")), { value: "PEM" });
  assert.is(ask(question, new MemoryKnowledge().absent(question)), undefined);
  assert.equal(openQuestionsOf(throwsCode("not-in-mirror", () => ask(question, new MemoryKnowledge()))), [question]);
  const down = new MemoryKnowledge().set(question, {
    state: "unavailable",
    code: "timed-out",
    at: "2026-01-01T00:00:00Z",
    from: "cluster",
  });
  assert.equal(openQuestionsOf(throwsCode("timed-out", () => ask(question, down))), [question]);
  throwsCode("not-in-mirror", () => ask(question, undefined));
});

test("questions are found behind a wrapping error, and only where something is unknown", () => {
  const inner = throwsCode("not-in-mirror", () => ask(question, undefined));
  assert.equal(openQuestionsOf(new EngineError("unresolved", "x", { cause: inner })), [question]);
  assert.equal(openQuestionsOf(new EngineError("malformed", "x", { subject: "key k8s://a/b" })), []);
  assert.equal(openQuestionsOf(new EngineError("not-in-mirror", "x", { subject: "POST /x" })), []);
});

test.run();
