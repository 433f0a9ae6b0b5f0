import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  civilOf,
  daysFromCivil,
  difference,
  formatRfc3339,
  instantOf,
  truncateInstant,
} from "../../../../core/kyverno/functions/go-time.ts";

const test = suite("core/kyverno/functions/go-time");

test("the calendar agrees with the host's", () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }), (seconds) => {
      const date = new Date(seconds * 1000);
      const instant = { nanoseconds: BigInt(seconds) * 1_000_000_000n, offset: 0 };
      assert.is(formatRfc3339(instant), date.toISOString().replace(".000Z", "Z"));
      assert.is(civilOf(instant).weekday, date.getUTCDay());
    }),
  );
  assert.is(daysFromCivil(1970, 1, 1), 0);
  assert.is(daysFromCivil(2000, 2, 29), 11_016);
});

test("offsets, years beyond four digits and before year 1", () => {
  const at = (year: number, offset: number) =>
    instantOf({ year, month: 3, day: 4, hour: 5, minute: 6, second: 7 }, 0, offset);
  assert.is(formatRfc3339(at(2031, 46_800)), "2031-03-04T05:06:07+13:00");
  assert.is(formatRfc3339(at(2031, -1800)), "2031-03-04T05:06:07-00:30");
  assert.is(formatRfc3339(at(10_000, 0)), "10000-03-04T05:06:07Z");
  assert.is(formatRfc3339(at(-1, 0)), "-0001-03-04T05:06:07Z");
});

test("differences stay within 64 bits, rounding counts from year 1", () => {
  const early = instantOf({ year: 1, month: 1, day: 1, hour: 0, minute: 0, second: 0 }, 0, 0);
  const late = instantOf({ year: 9999, month: 12, day: 31, hour: 23, minute: 59, second: 59 }, 0, 0);
  assert.is(difference(late, early), 2n ** 63n - 1n);
  assert.is(difference(early, late), -(2n ** 63n));
  assert.is(formatRfc3339(truncateInstant(late, 7n * 24n * 3_600_000_000_000n)), "9999-12-27T00:00:00Z");
  assert.is(truncateInstant(late, 0n), late);
});

test.run();
