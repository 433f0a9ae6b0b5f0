import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../../core/errors.ts";
import { evaluating, failIn, integerOf, number, text, textOf } from "../../../../core/kyverno/functions/arguments.ts";
import { throwsCode } from "../../../support/assert.ts";

const test = suite("core/kyverno/functions/arguments");

test("numbers as text go through 32 bits", () => {
  assert.is(textOf(16_777_217), "16777216");
  assert.is(textOf("1.50"), "1.50");
  assert.is(text("x"), "x");
  assert.is(number(1), 1);
});

test("integers of 64 bits", () => {
  assert.is(integerOf(-(2 ** 63)), -(2n ** 63n));
  for (const value of [2 ** 63, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) assert.is(integerOf(value), undefined);
});

test("faults of an argument are failures to evaluate; open questions pass", () => {
  const raise = (code: "malformed" | "over-limit" | "over-budget" | "not-in-mirror") => (): never => {
    throw new EngineError(code, "why", { subject: "what" });
  };
  assert.is(
    evaluating(() => 1),
    1,
  );
  const error = throwsCode("unresolved", () => evaluating(raise("malformed"), "f"));
  assert.is(error.message, "JMESPath function 'f': why");
  assert.is(error.subject, "what");
  throwsCode("over-limit", () => evaluating(raise("over-limit")));
  throwsCode("over-budget", () => evaluating(raise("over-budget")));
  throwsCode("not-in-mirror", () => evaluating(raise("not-in-mirror")));
  throwsCode("unresolved", () => failIn("f", "why"));
});

test.run();
