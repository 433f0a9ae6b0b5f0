import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  divideDecimals,
  multiplyDecimals,
  negateDecimal,
  powerOfTen,
  removeFactors,
  roundAway,
  toInteger,
} from "../../../../core/kyverno/quantity/decimal.ts";

const test = suite("core/kyverno/quantity/decimal");
const decimal = (unscaled: bigint, scale: number): Decimal => ({ unscaled, scale });
const decimals = fc.record({
  unscaled: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
  scale: fc.integer({ min: -9, max: 12 }),
});

test("arithmetic", () => {
  assert.equal(addDecimals(decimal(15n, 1), decimal(1n, 0)), decimal(25n, 1));
  assert.equal(multiplyDecimals(decimal(15n, 1), decimal(2n, -3)), decimal(30n, -2));
  assert.equal(divideDecimals(decimal(1n, 0), decimal(3n, 0), 4), decimal(3333n, 4));
  assert.equal(divideDecimals(decimal(-1n, 0), decimal(3n, -2), 4), decimal(-33n, 4));
  assert.equal(negateDecimal(decimal(1n, 2)), decimal(-1n, 2));
  assert.is(powerOfTen(3), 1000n);
});

test("rounding away from zero, integers, factors", () => {
  assert.equal(roundAway(decimal(1001n, 3), 2), decimal(101n, 2));
  assert.equal(roundAway(decimal(-1001n, 3), 2), decimal(-101n, 2));
  assert.equal(roundAway(decimal(1000n, 3), 2), decimal(100n, 2));
  assert.equal(roundAway(decimal(1n, -1), 1), decimal(100n, 1));
  assert.is(toInteger(decimal(1500n, 2)), 15n);
  assert.is(toInteger(decimal(1550n, 2)), undefined);
  assert.is(toInteger(decimal(2n, -3)), 2000n);
  assert.equal(removeFactors(3072n, 1024n), { value: 3n, times: 1 });
});

test("order and sums agree", () => {
  fc.assert(
    fc.property(decimals, decimals, (left, right) => {
      const { unscaled } = addDecimals(left, negateDecimal(right));
      assert.is(compareDecimals(left, right), unscaled < 0n ? -1 : unscaled > 0n ? 1 : 0);
    }),
  );
});

test.run();
