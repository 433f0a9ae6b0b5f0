import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hashes as portable, sha256Hex as portableHex } from "../../../core/crypto/hashes.ts";
import { blockHashes } from "../../../core/kernel/block-hashes.ts";
import { mostBlockBytes } from "../../../core/kernel/sha256-code.ts";
import { nodeHex, nodeKernel } from "../../support/component-kernel.ts";

const test = suite("core/kernel/block-hashes");
const { hashes, sha256Hex } = blockHashes(nodeKernel(), nodeHex);

test("the same names, and the same functions but for SHA-256", () => {
  assert.equal(Object.keys(hashes).sort(), Object.keys(portable).sort());
  for (const name of ["sha224", "sha384", "sha512"] as const) assert.is(hashes[name], portable[name]);
});

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) & 0xff);

test("lengths at which the end fits or does not, into a block and into a call", () => {
  const around = (length: number): readonly number[] =>
    [-65, -64, -63, -9, -8, -1, 0, 1, 55, 56, 63, 64].map((by) => length + by);
  const lengths = [...Array.from({ length: 200 }, (_, length) => length), ...around(mostBlockBytes)];
  for (const length of [...lengths, ...around(2 * mostBlockBytes), 5 * mostBlockBytes + 17]) {
    const bytes = bytesOf(length);
    assert.equal(hashes.sha256(bytes), portable.sha256(bytes), String(length));
    assert.is(sha256Hex(bytes), portableHex(bytes), String(length));
  }
});

test("any bytes, and a part of others", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(20), (bytes, from) => {
      const part = bytes.subarray(from);
      assert.equal(hashes.sha256(part), portable.sha256(part));
    }),
    { numRuns: 300, seed: 1 },
  );
});

test.run();
