import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isInsideRange, isOutsideRange, isRange } from "../../../../../core/kyverno/rule/operators/range.ts";
import { defaultLimits } from "../../../../../core/limits.ts";

const test = suite("core/kyverno/rule/operators/range");

test("what a range is", () => {
  for (const text of ["1-10", "1.5-2", "1Gi-2Gi", "-5-5", "10m-1h", "+1-2"]) assert.ok(isRange(text), text);
  for (const text of ["1", "a-b", "1--", "!1-10", "1!-10", "", "1-10 "]) assert.not(isRange(text), text);
});

test("both ends are inside", () => {
  for (const text of ["1", "5", "10"])
    assert.equal(
      [isInsideRange(text, "1-10", defaultLimits), isOutsideRange(text, "1-10", defaultLimits)],
      [true, false],
      text,
    );
  for (const text of ["0", "11", "-1"])
    assert.equal(
      [isInsideRange(text, "1-10", defaultLimits), isOutsideRange(text, "1-10", defaultLimits)],
      [false, true],
      text,
    );
  assert.ok(isInsideRange("1500Mi", "1Gi-2Gi", defaultLimits));
  assert.ok(isInsideRange("30m", "10m-1h", defaultLimits));
  assert.not(isInsideRange("x", "1-10", defaultLimits));
});

test.run();
