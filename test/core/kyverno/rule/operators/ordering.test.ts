import { suite } from "uvu";
import * as assert from "uvu/assert";
import { durationsInOrder, inOrder, type Order } from "../../../../../core/kyverno/rule/operators/ordering.ts";
import type { PolicyValue } from "../../../../../core/kyverno/policy/policy.ts";

const test = suite("core/kyverno/rule/operators/ordering");
const orders: readonly Order[] = ["GreaterThan", "GreaterThanOrEquals", "LessThan", "LessThanOrEquals"];
const holding = (key: PolicyValue, value: PolicyValue, compare = inOrder): string =>
  orders.map((order) => (compare(key, value, order) ? "1" : "0")).join("");
const [greater, equal, less, none] = ["1100", "0101", "0011", "0000"];

test("numbers, durations, quantities, versions", () => {
  for (const [key, value, expected] of [
    [2, 1, greater],
    [1, 1, equal],
    [1, "2", less],
    ["2", 1, greater],
    ["1h", "30m", greater],
    ["60m", "1h", equal],
    [59, "1m", less],
    ["1Gi", "1G", greater],
    ["1.2", "1.10", greater],
    ["1.2.3", "1.10.0", less],
    ["v1.2.3", "v1.2.2", none],
    ["a", "b", none],
    [true, false, none],
    [null, 1, none],
    [1, true, none],
  ] as const)
    assert.is(holding(key, value), expected, JSON.stringify([key, value]));
});

test("durations alone: texts and seconds", () => {
  assert.is(holding("1h", 3600, durationsInOrder), equal);
  assert.is(holding(1, 2, durationsInOrder), less);
  assert.is(holding("1Gi", "1G", durationsInOrder), none);
});

test.run();
