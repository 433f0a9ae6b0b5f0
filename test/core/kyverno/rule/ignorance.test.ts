import { suite } from "uvu";
import * as assert from "uvu/assert";
import { codeRow, codes, EngineError, type ErrorCode } from "../../../../core/errors.ts";
import { isIgnorance } from "../../../../core/kyverno/rule/ignorance.ts";

const test = suite("core/kyverno/rule/ignorance");

test("every unknown code is ignorance but the one that says an expression has no value", () => {
  const codesOfIgnorance = (Object.keys(codes) as ErrorCode[]).filter((code) =>
    isIgnorance(new EngineError(code, "x")),
  );
  for (const code of ["not-in-mirror", "timed-out", "access-denied", "no-trust", "no-key", "over-budget"] as const)
    assert.ok(codesOfIgnorance.includes(code), code);
  for (const code of ["unresolved", "malformed", "no-signature", "mirror-corrupt", "invalid-policy"] as const)
    assert.not.ok(codesOfIgnorance.includes(code), code);
  assert.ok(codesOfIgnorance.every((code) => codeRow(code).truth === "unknown"));
});

test("no other error is", () => {
  assert.not.ok(isIgnorance(new TypeError("not-in-mirror")));
  assert.not.ok(isIgnorance(undefined));
});

test.run();
