/** Sums of multiples against noble's points. */
import { p256, p384 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sparsePrimes } from "../../../core/kernel/field-code.ts";
import { nodeKernel } from "../../support/component-kernel.ts";

const test = suite("core/kernel/sum-code");
const kernel = nodeKernel();

for (const [curve, Point, ask] of [
  ["P-256", p256.Point, kernel.hasXP256],
  ["P-384", p384.Point, kernel.hasXP384],
] as const) {
  const { prime, words } = sparsePrimes[curve];
  const highest = BigInt(32 * words - 1);
  const order = Point.Fn.ORDER;
  interface Q {
    readonly secret: bigint;
    readonly x: bigint;
    readonly y: bigint;
  }
  const textOf = (...numbers: readonly bigint[]): string =>
    numbers.map((number) => number.toString(16).padStart(8 * words, "0")).join("");
  const hasX = ({ x, y }: Q, first: bigint, second: bigint, one: bigint, other: bigint): boolean =>
    ask(textOf(one, other, second, first, y, x));

  /** Keys that are small, negative and any multiples of the generator: sums meet the same and opposite points. */
  const secrets = [1n, 2n, order - 1n, order - 2n, 0x1234567890abcdefn ** 6n % order];
  const keys = secrets.map((secret): Q => ({ secret, ...Point.BASE.multiply(secret).toAffine() }));

  function agrees(key: Q, first: bigint, second: bigint): void {
    const multiple = (first + second * key.secret) % order;
    const why = `${key.secret} ${first} ${second}`;
    if (multiple === 0n) {
      for (const x of [0n, 1n, Point.BASE.toAffine().x]) assert.not(hasX(key, first, second, x, x), why);
      return;
    }
    const { x } = Point.BASE.multiplyUnsafe(multiple).toAffine();
    assert.ok(hasX(key, first, second, x, x), why);
    assert.ok(hasX(key, first, second, (x + 1n) % prime, x), `${why}: the other`);
    assert.ok(hasX(key, first, second, x, (x + 1n) % prime), `${why}: the one`);
    assert.not(hasX(key, first, second, (x + 1n) % prime, (x + 1n) % prime), why);
    assert.not(hasX(key, first, second, 0n, (x + prime - 1n) % prime), why);
  }

  test(`${curve}: multipliers at the edges: none, one bit, all bits, sums that vanish or double`, () => {
    const multipliers = [0n, 1n, 2n, order - 1n, order - 2n, 2n ** 32n, (2n ** highest - 1n) % order];
    for (const key of keys)
      for (const first of multipliers) for (const second of multipliers) agrees(key, first, second);
  });

  test(`${curve}: any multipliers, keys in turn`, () => {
    const multiplier = fc.bigInt({ min: 0n, max: order - 1n });
    fc.assert(fc.property(fc.constantFrom(...keys), multiplier, multiplier, agrees), { numRuns: 50, seed: 1 });
  });

  test(`${curve}: a text of another length is no question`, () => {
    const text = textOf(1n, 1n, 1n, 1n, 1n, 1n);
    for (const wrong of [text.slice(2), `${text.slice(2)}`.slice(0, -2), ""]) assert.throws(() => ask(wrong));
    assert.throws(() => nodeKernel()[curve === "P-256" ? "hasXP256" : "hasXP384"](`${text}00`));
    agrees(keys[0] as Q, 5n, 7n);
  });
}

test.run();
