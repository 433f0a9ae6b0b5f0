/** Sums of multiples against noble's points. */
import { p256, p384 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CombKernel } from "../../../core/kernel/comb.ts";
import type { WasmHost } from "../../../core/kernel/field.ts";
import { sparsePrimes } from "../../../core/kernel/field-code.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("core/kernel/comb");
for (const [curve, Point] of [
  ["P-256", p256.Point],
  ["P-384", p384.Point],
] as const) {
  const { prime, words } = sparsePrimes[curve];
  const highest = BigInt(32 * words - 1);
  const order = Point.Fn.ORDER;
  const kernel = new CombKernel(curve, wasmHost() as WasmHost);

  /**
   * Keys that are small, negative and any multiples of the generator: sums with its comb meet the same and opposite
   * points.
   */
  const secrets = [1n, 2n, order - 1n, order - 2n, 2n ** 24n, 2n ** 192n + 5n, 0x1234567890abcdefn ** 6n % order];
  const combs = secrets.map((secret) => {
    const { x, y } = Point.BASE.multiply(secret).toAffine();
    return { secret, comb: kernel.makeComb(x, y) };
  });

  function agrees({ secret, comb }: (typeof combs)[number], first: bigint, second: bigint): void {
    const multiple = (first + second * secret) % order;
    const why = `${secret} ${first} ${second}`;
    if (multiple === 0n) {
      for (const x of [0n, 1n, Point.BASE.toAffine().x]) assert.not(kernel.hasX(comb, first, second, x, x), why);
      return;
    }
    const { x } = Point.BASE.multiplyUnsafe(multiple).toAffine();
    assert.ok(kernel.hasX(comb, first, second, x, undefined), why);
    assert.ok(kernel.hasX(comb, first, second, (x + 1n) % prime, x), `${why}: the alternative`);
    assert.not(kernel.hasX(comb, first, second, (x + 1n) % prime, undefined), why);
    assert.not(kernel.hasX(comb, first, second, 0n, (x + prime - 1n) % prime), why);
  }

  test(`${curve}: scalars at the edges: none, one tooth, all teeth, sums that vanish or double`, () => {
    const scalars = [
      0n,
      1n,
      2n,
      3n,
      order - 1n,
      order - 2n,
      2n ** 23n,
      2n ** 24n,
      2n ** 47n,
      2n ** 48n,
      2n ** highest % order,
      (2n ** highest - 1n) % order,
      order >> 1n,
    ];
    for (const key of combs) for (const first of scalars) for (const second of scalars) agrees(key, first, second);
  });

  test(`${curve}: any scalars, keys in turn`, () => {
    const scalar = fc.bigInt({ min: 0n, max: order - 1n });
    fc.assert(fc.property(fc.constantFrom(...combs), scalar, scalar, agrees), { numRuns: 300, seed: 1 });
  });

  test(`${curve}: a comb is the same whenever it is made`, () => {
    const { x, y } = Point.BASE.multiply(2n).toAffine();
    assert.equal(kernel.makeComb(x, y), combs[1]?.comb);
    agrees(combs[0] as (typeof combs)[number], 5n, 7n);
  });
}

test.run();
