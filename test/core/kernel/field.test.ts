import { p256, p384 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementBytesOf, sparsePrimes } from "../../../core/kernel/field-code.ts";
import { Field, type WasmHost } from "../../../core/kernel/field.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";

const test = suite("core/kernel/field");
for (const [sparse, Point] of [
  [sparsePrimes["P-256"], p256.Point],
  [sparsePrimes["P-384"], p384.Point],
] as const) {
  const { prime } = sparse;
  const elementBytes = elementBytesOf(sparse);
  const [affineBytes, jacobianBytes] = [2 * elementBytes, 3 * elementBytes];
  const field = new Field(sparse, 4 * jacobianBytes + 4 * elementBytes, wasmHost() as WasmHost);
  const [point, other, expected] = [
    field.allocate(jacobianBytes),
    field.allocate(jacobianBytes),
    field.allocate(jacobianBytes),
  ];
  const [left, right, product] = [
    field.allocate(elementBytes),
    field.allocate(elementBytes),
    field.allocate(elementBytes),
  ];
  const { BASE } = Point;

  const put = (at: number, { x, y }: { readonly x: bigint; readonly y: bigint }): void => {
    field.set(at, x);
    field.set(at + elementBytes, y);
  };

  /** Whether the point in memory has these affine coordinates. */
  function isPoint(at: number, { x, y }: { readonly x: bigint; readonly y: bigint }): boolean {
    const z = at + affineBytes;
    field.multiply(left, z, z);
    field.set(right, x);
    field.multiply(right, right, left);
    const hasX = field.equal(right, at);
    field.multiply(left, left, z);
    field.set(right, y);
    field.multiply(right, right, left);
    return hasX && field.equal(right, at + elementBytes);
  }

  test(`${sparse.curve}: elements: one, zero, inverse, equality`, () => {
    field.set(left, 1n);
    assert.ok(field.equal(left, field.one));
    field.set(left, 0n);
    assert.ok(field.isZero(left));
    for (const value of [2n, 12345n, prime - 1n, prime >> 1n]) {
      field.set(left, value);
      field.set(right, value);
      field.invert(right, (raw) => Point.Fp.inv(raw));
      field.multiply(product, left, right);
      assert.ok(field.equal(product, field.one), String(value));
      assert.not(field.isZero(left));
      assert.not(field.equal(left, field.one));
    }
  });

  test(`${sparse.curve}: points: doubled, added, the same added, the negative added`, () => {
    const three = BASE.multiply(3n).toAffine();
    put(other, three);
    field.setPoint(point, other);
    assert.ok(isPoint(point, three));
    field.double(point);
    assert.ok(isPoint(point, BASE.multiply(6n).toAffine()));
    assert.ok(field.addAffine(point, other));
    assert.ok(isPoint(point, BASE.multiply(9n).toAffine()));
    put(expected, BASE.multiply(9n).toAffine());
    assert.ok(field.addAffine(point, expected), "the same point is doubled");
    assert.ok(isPoint(point, BASE.multiply(18n).toAffine()));
    put(expected, BASE.multiply(18n).negate().toAffine());
    assert.not(field.addAffine(point, expected), "nothing is left of a point and its negative");
  });

  test(`${sparse.curve}: memory: what is taken is a copy, more than there is cannot be had`, () => {
    const copy = field.take(other, affineBytes);
    put(other, BASE.toAffine());
    field.put(other, copy);
    field.setPoint(point, other);
    assert.ok(isPoint(point, BASE.multiply(3n).toAffine()));
    assert.throws(() => field.allocate(1 << 20), /too small/);
  });
}

test.run();
