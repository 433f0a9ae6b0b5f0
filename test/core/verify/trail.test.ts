import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { ask } from "../../../core/knowledge/ask.ts";
import { attempt } from "../../../core/verify/attempt.ts";
import { Trail } from "../../../core/verify/trail.ts";

const test = suite("core/verify/trail");
const question = { kind: "trusted-root", name: "x" } as const;
const wrongKey = new EngineError("wrong-key", "why", { subject: "what" });

function neverAsked(): EngineError {
  const outcome = attempt(() => ask({ answer: () => undefined }, question, "no-trust"));
  if (outcome.ok) throw new Error("nobody was to answer");
  return outcome.error;
}

test("nothing wrong: proven", () =>
  assert.equal(new Trail().conclude("evidence"), { truth: "proven", evidence: "evidence" }));

test("ignorance stops nothing and proves nothing; its question stays open", () => {
  const trail = new Trail();
  assert.ok(trail.isCertain);
  assert.ok(trail.record(neverAsked(), "tlog.entry", 5));
  assert.not(trail.isCertain);
  const verification = trail.conclude("evidence");
  assert.ok(verification.truth === "unknown");
  assert.equal(verification.open, [question]);
  assert.equal(
    verification.failures.map(({ check, code, stage }) => [check, code, stage]),
    [["question.trusted-root", "no-trust", 5]],
  );
});

test("an answer that several checks lack is told once, at the last of them", () => {
  const trail = new Trail();
  for (const stage of [5, 6, 7]) trail.record(neverAsked(), "tlog.entry", stage);
  trail.record(new EngineError("stale", "old"), "trust", 8);
  trail.record(new EngineError("stale", "old"), "trust", 9);
  const verification = trail.conclude("evidence");
  assert.ok(verification.truth === "unknown");
  assert.equal(verification.open, [question]);
  assert.equal(
    verification.failures.map(({ code, stage }) => [code, stage]),
    [
      ["no-trust", 7],
      ["stale", 8],
      ["stale", 9],
    ],
  );
});

test("a refutation stops the others and beats ignorance", () => {
  const trail = new Trail();
  trail.record(neverAsked(), "tlog.entry", 5);
  assert.not(trail.record(wrongKey, "signature", 9));
  assert.equal(trail.conclude(undefined), {
    truth: "refuted",
    failures: [{ check: "signature", code: "wrong-key", reason: "why", subject: "what", stage: 9 }],
  });
});

test("ignorance at the end is unknown too", () => {
  const trail = new Trail();
  trail.record(neverAsked(), "signature", 9);
  assert.is(trail.conclude(undefined).truth, "unknown");
});

test.run();
