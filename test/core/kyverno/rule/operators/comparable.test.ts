import { suite } from "uvu";
import * as assert from "uvu/assert";
import { durationOf, durationPair, quantityOrder } from "../../../../../core/kyverno/rule/operators/comparable.ts";

const test = suite("core/kyverno/rule/operators/comparable");

test("one side must be a duration text; a number beside it is seconds", () => {
  assert.equal(durationPair("1h", "60m"), [3_600_000_000_000n, 3_600_000_000_000n]);
  assert.equal(durationPair("1m", 60), [60_000_000_000n, 60_000_000_000n]);
  assert.equal(durationPair(60, "1m"), [60_000_000_000n, 60_000_000_000n]);
  for (const [left, right] of [
    ["0", "0"],
    [1, 2],
    ["1h", "text"],
    ["1h", true],
    ["a", "b"],
  ] as const)
    assert.is(durationPair(left, right), undefined, `${left} ${right}`);
});

test("seconds lose their fraction and wrap around", () => {
  assert.is(durationOf(1.9), 1_000_000_000n);
  assert.is(durationOf("1.5s"), 1_500_000_000n);
  assert.is(durationOf(true), undefined);
  assert.is(durationOf(2 ** 62), 0n);
});

test("quantities, and which side is not one", () => {
  assert.is(quantityOrder("1Gi", "1024Mi"), 0);
  assert.is(quantityOrder("1Gi", "1G"), 1);
  assert.is(quantityOrder("500m", "1"), -1);
  assert.is(quantityOrder("x", "1"), "no-key");
  assert.is(quantityOrder("1", "x"), "no-value");
  assert.is(quantityOrder("1", 1), "no-value");
});

test.run();
