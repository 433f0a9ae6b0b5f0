import { suite } from "uvu";
import * as assert from "uvu/assert";
import { budgetsOf, toFreshness } from "../../../core/trust/budgets.ts";

const test = suite("core/trust/budgets");
const day = 86_400_000;
const now = new Date("2026-11-30T00:00:00Z");

test("the defaults, as evidence tells of them: what is absent never warns or denies", () => {
  assert.equal(toFreshness(budgetsOf({}), now, undefined), {
    judgedAt: now.toISOString(),
    mode: "budget",
    maxTrustAge: { warnSeconds: 7 * 86_400, denySeconds: 90 * 86_400 },
    maxMirrorAge: { warnSeconds: 30 * 86_400 },
    maxCheckpointAge: {},
  });
});

test("what is set replaces one threshold and leaves the other", () => {
  const budgets = budgetsOf({ mode: "enforce", maxMirrorAge: { deny: 3 * day }, maxTrustAge: { warn: 0 } });
  assert.equal(budgets.maxMirrorAge, { warn: 30 * day, deny: 3 * day });
  assert.equal(budgets.maxTrustAge, { warn: 0, deny: 90 * day });
  assert.equal(budgets.told.maxMirrorAge, { warnSeconds: 3 * 86_400, denySeconds: 3 * 86_400 });
  assert.is(budgets.told.mode, "enforce");
});

test("a mirror is told with its age; one that nobody knows the age of, and one from the future, without", () => {
  const at = new Date(now.getTime() - day - 1500);
  assert.equal(toFreshness(budgetsOf({}), now, { at, by: "sync" }).mirror, {
    at: at.toISOString(),
    by: "sync",
    ageSeconds: 86_401,
  });
  assert.equal(toFreshness(budgetsOf({}), now, {}).mirror, {});
  const future = { at: new Date(now.getTime() + day), by: "archive" } as const;
  assert.equal(Object.keys(toFreshness(budgetsOf({}), now, future).mirror ?? {}), ["at", "by"]);
});

test.run();
