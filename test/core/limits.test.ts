import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaultLimits } from "../../core/limits.ts";

const test = suite("core/limits");

test("every bound is a positive integer, and what holds others is no smaller than they are", () => {
  for (const [name, value] of Object.entries(defaultLimits)) assert.ok(Number.isSafeInteger(value) && value > 0, name);
  assert.ok(defaultLimits.jsonBytes >= defaultLimits.bundleBytes);
  assert.ok(defaultLimits.blobBytes >= defaultLimits.manifestBytes);
  assert.is(defaultLimits.settleRounds, 16);
  assert.is(defaultLimits.referrers, 1000);
});

test.run();
