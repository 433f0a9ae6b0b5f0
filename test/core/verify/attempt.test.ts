import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EngineError } from "../../../core/errors.ts";
import { attempt } from "../../../core/verify/attempt.ts";

const test = suite("core/verify/attempt");

test("a value, an EngineError as a value, and anything else as it flies", () => {
  assert.equal(
    attempt(() => 7),
    { ok: true, value: 7 },
  );
  const error = new EngineError("malformed", "x");
  const failed = attempt(() => {
    throw error;
  });
  assert.ok(!failed.ok && failed.error === error);
  assert.throws(
    () =>
      attempt(() => {
        throw new TypeError("a defect");
      }),
    /a defect/,
  );
});

test.run();
