/** The kernel's arithmetic against integers of any size. */
import fc from "fast-check";
import { p256, p384 } from "@noble/curves/nist.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { elementBytesOf, fieldModule, sparsePrimes } from "../../../core/kernel/field-code.ts";

const test = suite("core/kernel/field-code");
const host = (
  globalThis as unknown as {
    WebAssembly: { Module: new (bytes: Uint8Array) => object; Instance: new (module: object) => { exports: unknown } };
  }
).WebAssembly;
type Operation = (to: number, a: number, b: number) => void;
for (const [field, Point] of [
  [sparsePrimes["P-256"], p256.Point],
  [sparsePrimes["P-384"], p384.Point],
] as const) {
  const { prime, words } = field;
  const elementBytes = elementBytesOf(field);
  const unit = 2n ** BigInt(32 * words);
  const kernel = new host.Instance(new host.Module(fieldModule(field, 1))).exports as {
    mul: Operation;
    add: Operation;
    sub: Operation;
    memory: { buffer: ArrayBuffer };
  };
  const memory = new Uint32Array(kernel.memory.buffer);

  const write = (at: number, value: bigint): void => {
    for (let index = 0; index < words; index++)
      memory[at / 4 + index] = Number((value >> BigInt(32 * index)) & 0xffffffffn);
  };
  const read = (at: number): bigint =>
    Array.from({ length: words }, (_, index) => BigInt(memory[at / 4 + index] as number) << BigInt(32 * index)).reduce(
      (sum, word) => sum + word,
      0n,
    );
  const [a, b, to] = [1024, 1024 + elementBytes, 1024 + 2 * elementBytes];
  const modulo = (value: bigint): bigint => ((value % prime) + prime) % prime;
  const lessR = Point.Fp.inv(unit % prime);

  /** Values at which carries, borrows and the last subtraction turn. */
  const edges = [
    ...[0n, 1n, 2n, 3n, prime - 1n, prime - 2n, prime >> 1n, (prime >> 1n) + 1n],
    ...[32n, 64n, 96n, 97n, 127n, 128n, 129n, 192n, 224n, 255n, BigInt(32 * words - 1)]
      .filter((bit) => 2n ** bit < prime)
      .flatMap((bit) => [2n ** bit - 1n, 2n ** bit, 2n ** bit + 1n, prime - 2n ** bit]),
    ...[unit % prime, unit ** 2n % prime, 0xffffffff_00000000_ffffffffn],
  ];
  const element = fc.oneof(fc.constantFrom(...edges), fc.bigInt({ min: 0n, max: prime - 1n }));

  test(`${field.curve}: the prime is that of the curve`, () => assert.is(prime, Point.Fp.ORDER));

  function holds(left: bigint, right: bigint): void {
    write(a, left);
    write(b, right);
    for (const [name, expected] of [
      ["mul", modulo(left * right * lessR)],
      ["add", modulo(left + right)],
      ["sub", modulo(left - right)],
    ] as const) {
      kernel[name](to, a, b);
      assert.is(read(to), expected, `${name} ${left} ${right}`);
    }
    assert.equal([read(a), read(b)], [left, right], "operands stay");
  }

  test(`${field.curve}: products, sums and differences of all edges`, () => {
    for (const left of edges) for (const right of edges) holds(left, right);
  });

  test(`${field.curve}: and of any elements`, () =>
    fc.assert(fc.property(element, element, holds), { numRuns: 3000, seed: 1 }));

  test(`${field.curve}: the result may stand where an operand stood, and both may be one`, () => {
    fc.assert(
      fc.property(element, element, (left, right) => {
        for (const [name, both, same] of [
          ["mul", left * right * lessR, left * left * lessR],
          ["add", left + right, left + left],
          ["sub", left - right, 0n],
        ] as const) {
          write(a, left);
          write(b, right);
          kernel[name](b, a, b);
          assert.is(read(b), modulo(both));
          kernel[name](a, a, a);
          assert.is(read(a), modulo(same));
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
}

test.run();
