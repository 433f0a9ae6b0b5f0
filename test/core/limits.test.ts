import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits, type Limits, limitsWith } from "../../core/limits.ts";
import { throwsCode } from "../support/assert.ts";

const test = suite("core/limits");

test("every bound is a positive integer, and what holds others is no smaller than they are", () => {
  for (const [name, value] of Object.entries(defaultLimits)) assert.ok(Number.isSafeInteger(value) && value > 0, name);
  assert.ok(defaultLimits.jsonBytes >= defaultLimits.bundleBytes);
  assert.ok(defaultLimits.blobBytes >= defaultLimits.manifestBytes);
  assert.is(defaultLimits.settleRounds, 16);
  assert.is(defaultLimits.referrers, 1000);
});

test("a given limit replaces the default, and a value that bounds nothing is refused", () => {
  assert.equal(limitsWith(), defaultLimits);
  assert.equal(limitsWith({ memoEntries: 0, referrers: 5 }), { ...defaultLimits, memoEntries: 0, referrers: 5 });
  const unset = { signatureChecksPerDecision: undefined } as unknown as Partial<Limits>;
  assert.equal(limitsWith(unset), defaultLimits);
  for (const value of [Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY, "5", null])
    throwsCode("invalid-usage", () => limitsWith({ signatureChecksPerDecision: value as number }));
});

test("what was made is taken as it is, and nobody can change it; a copy of it is looked through", () => {
  const limits = limitsWith({ referrers: 5 });
  assert.is(limitsWith(limits), limits);
  assert.throws(() => {
    (limits as { referrers: number }).referrers = Number.NaN;
  }, TypeError);
  throwsCode("invalid-usage", () => limitsWith({ ...limits, referrers: Number.NaN }));
});

test.run();
