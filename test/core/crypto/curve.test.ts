/** The curves' constants are those of noble, and points off them are found. */
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { curveOf, curves, isOnCurve } from "../../../core/crypto/curve.ts";

const test = suite("core/crypto/curve");
const implementations = { "P-256": p256, "P-384": p384, "P-521": p521 } as const;

for (const curve of Object.values(curves)) {
  test(`${curve.name}: constants`, () => {
    const { p, b, n } = implementations[curve.name].Point.CURVE();
    assert.is(curve.p, p);
    assert.is(curve.b, b);
    assert.is(curve.order, n);
    assert.is(curveOf(curve.oid), curve);
  });

  test(`${curve.name}: points`, () => {
    const { Point } = implementations[curve.name];
    for (const multiple of [1n, 2n, 12_345n, curve.order - 1n]) {
      const point = Point.BASE.multiplyUnsafe(multiple).toBytes(false);
      assert.ok(isOnCurve(curve, point));
      for (const index of [0, 1, curve.size, 2 * curve.size]) {
        const other = point.slice();
        other[index] = (other[index] as number) ^ 1;
        assert.not.ok(isOnCurve(curve, other));
      }
      assert.not.ok(isOnCurve(curve, point.subarray(1)));
      assert.not.ok(isOnCurve(curve, Point.BASE.toBytes(true)));
    }
    assert.not.ok(isOnCurve(curve, new Uint8Array(1 + 2 * curve.size).fill(0xff).fill(4, 0, 1)));
    assert.not.ok(isOnCurve(curve, Uint8Array.of(0)));
  });
}

test("other curves are not ours", () => assert.is(curveOf("1.3.132.0.10"), undefined));

test.run();
