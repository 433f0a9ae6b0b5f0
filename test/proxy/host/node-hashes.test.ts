import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashes } from "../../../core/crypto/hashes.ts";
import { hashes as native } from "../../../proxy/host/node-hashes.ts";

const test = suite("proxy/host/node-hashes");

test("the same names, and the same bytes for any input, as plain bytes", () => {
  assert.equal(Object.keys(native), Object.keys(hashes));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const name of ["sha224", "sha256", "sha384", "sha512"] as const) {
        const digest = native[name](bytes);
        assert.is(Object.getPrototypeOf(digest), Uint8Array.prototype);
        assert.equal(digest, hashes[name](bytes));
      }
    }),
    { numRuns: 200, seed: 1 },
  );
});

test("a view on other bytes is hashed alone, and results do not share theirs", () => {
  const whole = Uint8Array.from({ length: 100 }, (_, index) => index);
  assert.equal(native.sha256(whole.subarray(10, 20)), hashes.sha256(whole.slice(10, 20)));
  const first = native.sha256(whole);
  const copy = first.slice();
  native.sha256(new Uint8Array(10));
  assert.equal(first, copy);
});

test.run();
