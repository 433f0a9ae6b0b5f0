import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ask, found, foundContent, openQuestions, requireSize } from "../../../core/cosign/ask.ts";
import { EngineError } from "../../../core/errors.ts";
import { MemoryKnowledge } from "../../../core/oci/memory-knowledge.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/cosign/ask");
const question = { kind: "key", reference: "awskms:///x" } as const;

test("present and absent are answers", () => {
  assert.is(ask(new MemoryKnowledge().present(question, "pem"), question).state, "present");
  assert.is(ask(new MemoryKnowledge().absent(question), question).state, "absent");
});

test("never asked and asked in vain name their question, under a code of their own or the matter's", () => {
  const outage = new MemoryKnowledge().set(question, {
    state: "unavailable",
    code: "timed-out",
    at: "2026-01-01T00:00:00Z",
    from: "kms",
  });
  assert.equal(openQuestions(throwsCode("not-in-mirror", () => ask(new MemoryKnowledge(), question))), [question]);
  assert.equal(openQuestions(throwsCode("no-key", () => ask(new MemoryKnowledge(), question, "no-key"))), [question]);
  assert.equal(openQuestions(throwsCode("timed-out", () => ask(outage, question))), [question]);
  assert.equal(openQuestions(throwsCode("no-key", () => ask(outage, question, "no-key"))), [question]);
  assert.equal(openQuestions(new EngineError("malformed", "x")), []);
});

test("look-ups: what is absent is nothing, but content that was listed must be there", () => {
  const origin = { at: "", from: "x" };
  assert.is(found({ state: "present", value: 1, ...origin }), 1);
  assert.is(found({ state: "absent", ...origin }), undefined);
  throwsCode("unreachable", () => found({ state: "open", code: "unreachable", question }));
  assert.is(foundContent({ state: "present", value: 1, ...origin }, "no-signature", "s"), 1);
  throwsCode("no-signature", () => foundContent({ state: "absent", ...origin }, "no-signature", "s"));
});

test("content has the size that its descriptor states", () => {
  const descriptor = { mediaType: "x", digest: `sha256:${"0".repeat(64)}`, size: 2 } as const;
  requireSize(new Uint8Array(2), descriptor);
  for (const size of [0, 1, 3]) throwsCode("malformed", () => requireSize(new Uint8Array(size), descriptor));
});

test.run();
