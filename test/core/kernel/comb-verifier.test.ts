/** ECDSA by combs: the body of tests for every verifier, and signatures that only care finds. */
import { p256, p384 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecdsaSignatureToDer } from "../../../core/crypto/ecdsa-signature.ts";
import { toBytes } from "../../../core/crypto/big-integer.ts";
import { parseSpki, type PublicKey } from "../../../core/crypto/public-key.ts";
import { nobleVerifier } from "../../../core/crypto/noble.ts";
import { concat } from "../../../core/encoding/bytes.ts";
import { decodeHex } from "../../../core/encoding/hex.ts";
import { nodeVerifier } from "../../../proxy/host/node-verifier.ts";
import { CombVerifier, createKernelVerifier } from "../../../core/kernel/comb-verifier.ts";
import type { WasmHost } from "../../../core/kernel/field.ts";
import { sparsePrimes } from "../../../core/kernel/field-code.ts";
import { usesBeforeComb } from "../../../proxy/host/node-verifier.ts";
import { wasmHost } from "../../../proxy/host/wasm-host.ts";
import { createSumVerifier } from "../../../core/kernel/sum-verifier.ts";
import { nodeKernel } from "../../support/component-kernel.ts";
import { describeVerifier } from "../crypto/verifiers.ts";
import { defaultLimits } from "../../../core/limits.ts";

const test = suite("core/kernel/comb-verifier");
const host = wasmHost() as WasmHost;

/** The combs for every key of both curves from its first signature on; all else by noble. */
const verifier = createKernelVerifier(host, 0);
describeVerifier(test, verifier);
const sumVerifier = createSumVerifier(nodeKernel());

type EcdsaKey = PublicKey & { readonly type: "ecdsa" };

for (const [curve, Point, hash, size, spki] of [
  ["P-256", p256.Point, "sha256", 32, "3059301306072a8648ce3d020106082a8648ce3d030107034200"],
  ["P-384", p384.Point, "sha384", 48, "3076301006072a8648ce3d020106052b81040022036200"],
] as const) {
  const { prime } = sparsePrimes[curve];
  const algorithm = { scheme: "ecdsa", hash } as const;
  const { Fn, Fp } = Point;
  const order = Fn.ORDER;

  const keyAt = (point: InstanceType<typeof Point>): EcdsaKey =>
    parseSpki(concat(decodeHex(spki), point.toBytes(false)), defaultLimits) as EcdsaKey;
  const derOf = (r: bigint, s: bigint): Uint8Array =>
    ecdsaSignatureToDer(concat(toBytes(r, size), toBytes(s, size)), curve);

  /** A signature of a digest and the key under which its sum is just this point: X, or X less the order, is r. */
  function made(
    sum: InstanceType<typeof Point>,
    first: bigint,
    second: bigint,
  ): { readonly key: EcdsaKey; readonly digest: Uint8Array; readonly r: bigint; readonly s: bigint } {
    const r = sum.toAffine().x % order;
    const s = Fn.div(r, second);
    const key = keyAt(sum.subtract(Point.BASE.multiply(first)).multiply(Fn.inv(second)));
    return { key, digest: toBytes(Fn.mul(first, s), size), r, s };
  }

  test(`${curve}: a sum whose X is above the order: r is X less the order, and nothing else`, () => {
    let x = order + 1n;
    let point: InstanceType<typeof Point> | undefined;
    for (; point === undefined; x += 1n) {
      try {
        point = Point.fromBytes(concat(Uint8Array.of(2), toBytes(x, size)));
      } catch (error) {
        assert.instance(error, Error, "not every X is that of a point");
      }
    }
    assert.ok(point.toAffine().x >= order && point.toAffine().x < prime);
    const { key, digest, r, s } = made(point, 12345n, 67890n);
    assert.ok(r < 1000n, "so r is small");
    for (const each of [verifier, sumVerifier, nobleVerifier, nodeVerifier]) {
      assert.ok(each.verify(algorithm, key, { digest }, derOf(r, s)), each.name);
      assert.not(each.verify(algorithm, key, { digest }, derOf(r + 1n, s)), each.name);
      assert.not(each.verify(algorithm, key, { digest }, derOf(r, order - 1n)), each.name);
    }
  });

  test(`${curve}: sums that are doubled or vanish on the way, by every verifier alike`, () => {
    const two = Point.BASE.multiply(2n);
    for (const [sum, first, second] of [
      [two, 1n, 1n], // the key is the generator: two equal points are added
      [two, 3n, 1n], // the key is the generator's negative
      [two, 2n ** 48n, 2n ** 96n],
      [Point.BASE.multiply(5n), order - 1n, order - 2n],
      [Point.BASE.multiply(7n), 1n, 3n],
    ] as const) {
      const { key, digest, r, s } = made(sum, first, second);
      for (const each of [verifier, sumVerifier, nobleVerifier]) {
        assert.ok(each.verify(algorithm, key, { digest }, derOf(r, s)), `${each.name} ${first} ${second}`);
        assert.ok(each.verify(algorithm, key, { digest }, derOf(r, order - s)), `${each.name}: the other S`);
        assert.not(each.verify(algorithm, key, { digest: toBytes(Fp.ORDER % order, size) }, derOf(r, s)), each.name);
      }
    }
  });

  test(`${curve}: a sum that is no point is no signature`, () => {
    // The digest of zero and the key's share of zero cannot be: r and s are at least 1. What vanishes is e/s·G + r/s·Q
    // with Q = -(e/r)·G.
    const [digest, r] = [7n, 11n];
    const key = keyAt(Point.BASE.multiply(Fn.neg(Fn.div(digest, r))));
    for (const each of [verifier, sumVerifier, nobleVerifier])
      for (const s of [1n, 2n, order - 1n])
        assert.not(each.verify(algorithm, key, { digest: toBytes(digest, size) }, derOf(r, s)), each.name);
  });

  test(`${curve}: a key is left to others until it comes back often enough`, () => {
    const own = new CombVerifier(curve, usesBeforeComb, host);
    const { key, digest, r, s } = made(Point.BASE.multiply(9n), 4n, 6n);
    for (let use = 0; use < usesBeforeComb; use++) assert.is(own.verify(hash, key, { digest }, derOf(r, s)), undefined);
    assert.is(own.verify(hash, key, { digest }, derOf(r, s)), true);
    assert.is(own.verify(hash, key, { digest }, derOf(r + 1n, s)), false);
    assert.is(
      own.verify(hash, keyAt(Point.BASE.multiply(3n)), { digest }, derOf(r, s)),
      undefined,
      "each key for itself",
    );
  });

  test(`${curve}: where there is no WebAssembly every key is left to others`, () => {
    const { key, digest, r, s } = made(Point.BASE.multiply(9n), 4n, 6n);
    assert.is(new CombVerifier(curve, 0, undefined).verify(hash, key, { digest }, derOf(r, s)), undefined);
  });

  test(`${curve}: the adapter answers the same before and after`, () => {
    const { key, digest, r, s } = made(Point.BASE.multiply(10n), 4n, 6n);
    for (let use = 0; use < 2 * usesBeforeComb; use++) {
      assert.ok(nodeVerifier.verify(algorithm, key, { digest }, derOf(r, s)));
      assert.not(nodeVerifier.verify(algorithm, key, { digest }, derOf(r, s + 1n)));
    }
  });
}

test.run();
