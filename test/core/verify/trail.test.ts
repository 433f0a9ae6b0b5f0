import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ask } from "../../../core/knowledge/ask.ts";
import { EngineError } from "../../../core/errors.ts";
import { attempt } from "../../../core/verify/attempt.ts";
import { stageOf } from "../../../core/verify/check.ts";
import { Trail } from "../../../core/verify/trail.ts";
import { throwsCode } from "../../support/assert.ts";

const test = suite("core/verify/trail");
const question = { kind: "trusted-root", name: "x" } as const;
const askNobody = () => ask({ answer: () => undefined }, question, "no-trust");
const fail = (code: "wrong-key" | "no-trust") => () => {
  throw new EngineError(code, "why", { subject: "what" });
};

test("nothing wrong: proven", () => {
  const trail = new Trail();
  assert.is(
    trail.tolerate(() => 3),
    3,
  );
  assert.equal(trail.conclude({ ok: true, value: "evidence" }), { truth: "proven", evidence: "evidence" });
});

test("ignorance stops nothing and proves nothing; its question stays open", () => {
  const trail = new Trail();
  trail.at("tlog.entry");
  trail.tolerate(askNobody);
  assert.not(trail.isCertain);
  const verification = trail.conclude({ ok: true, value: "evidence" });
  assert.equal(verification, {
    truth: "unknown",
    failures: [
      {
        check: "question.trusted-root",
        code: "no-trust",
        reason: "never asked: the trusted root x",
        subject: "trusted-root x",
        stage: stageOf("tlog.entry"),
      },
    ],
    open: [question],
  });
});

test("a refutation flies through tolerance and beats ignorance", () => {
  const trail = new Trail();
  trail.tolerate(askNobody);
  trail.at("signature");
  throwsCode("wrong-key", () => trail.tolerate(fail("wrong-key")));
  assert.equal(trail.conclude(attempt(fail("wrong-key"))), {
    truth: "refuted",
    failures: [{ check: "signature", code: "wrong-key", reason: "why", subject: "what", stage: stageOf("signature") }],
  });
});

test("ignorance at the end is unknown too", () => {
  const trail = new Trail();
  assert.is(trail.conclude(attempt(fail("no-trust"))).truth, "unknown");
});

test.run();
