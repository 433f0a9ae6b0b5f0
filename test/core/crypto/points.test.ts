/** Points as noble's own curves have them. */
import { p256, p384, p521 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pointsOf } from "../../../core/crypto/points.ts";

const test = suite("core/crypto/points");

test("every curve has noble's constants, and one constructor", () => {
  for (const [name, { Point }] of [
    ["P-256", p256],
    ["P-384", p384],
    ["P-521", p521],
  ] as const) {
    const points = pointsOf(name);
    assert.equal(points.CURVE(), Point.CURVE(), name);
    assert.is(points.BASE.multiplyUnsafe(7n).toHex(), Point.BASE.multiplyUnsafe(7n).toHex(), name);
    assert.is(pointsOf(name), points);
  }
});

test.run();
