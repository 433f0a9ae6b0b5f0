import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ageText, budgetText, judgeAge, stricterBudget } from "../../../core/trust/age-budget.ts";

const test = suite("core/trust/age-budget");
const hour = 3_600_000;
const day = 24 * hour;

test("a threshold is crossed by a second, and not a second before", () => {
  const budget = { warn: 7 * day, deny: 30 * day };
  assert.is(judgeAge(7 * day - 1000, budget), "fresh");
  assert.is(judgeAge(7 * day, budget), "old");
  assert.is(judgeAge(30 * day, budget), "old");
  assert.is(judgeAge(30 * day + 1, budget), "stale");
  assert.is(judgeAge(30 * day + 1000, budget), "stale");
});

test("what nobody knows, and what is no number, spends a budget that denies, and warns of nothing", () => {
  for (const age of [undefined, Number.NaN]) {
    assert.is(judgeAge(age, { deny: 30 * day }), "stale");
    assert.is(judgeAge(age, { deny: Number.POSITIVE_INFINITY }), "stale");
    assert.is(judgeAge(age, {}), "fresh");
    assert.is(judgeAge(age, { warn: 0 }), "fresh");
  }
  for (const deny of [Number.NaN, -1]) assert.is(judgeAge(0, { deny }), "stale");
  assert.is(judgeAge(0, { deny: 0 }), "fresh");
  assert.is(judgeAge(Number.POSITIVE_INFINITY, { warn: day }), "old");
});

test("the stricter of two thresholds counts, whoever sets it", () => {
  assert.equal(stricterBudget({ warn: day }, undefined), { warn: day });
  assert.equal(stricterBudget({}, hour), { deny: hour });
  assert.equal(stricterBudget({ deny: day }, hour), { deny: hour });
  assert.equal(stricterBudget({ warn: 1, deny: hour }, day), { warn: 1, deny: hour });
  assert.equal(stricterBudget({ deny: hour }, 0), { deny: 0 });
});

test("ages and budgets are told in their largest unit", () => {
  assert.equal([31 * day + hour, 5 * hour, 61_000, 999].map(ageText), ["31 d", "5 h", "1 min", "0 s"]);
  assert.equal([72 * hour, 90 * 60_000, 0].map(budgetText), ["3d", "90m", "0s"]);
});

test.run();
