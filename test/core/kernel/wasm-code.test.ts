import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as wasm from "../../../core/kernel/wasm-code.ts";

const test = suite("core/kernel/wasm-code");
const host = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object) => { exports: Record<string, unknown> };
    };
  }
).WebAssembly;

/** Runs a body over one address and gives the memory's words. */
function run(body: wasm.Code, locals: number, before: readonly number[] = []): Uint32Array {
  const bytes = wasm.encodeModule([{ name: "run", parameters: 1, locals, body }], 1);
  const { exports } = new host.Instance(new host.Module(bytes));
  const words = new Uint32Array((exports.memory as { buffer: ArrayBuffer }).buffer);
  words.set(before);
  (exports.run as (at: number) => void)(0);
  return words;
}

test("constants of any sign and size", () => {
  for (const value of [
    0n,
    1n,
    63n,
    64n,
    127n,
    128n,
    0x7fffffffn,
    0xffffffffn,
    2n ** 62n,
    -1n,
    -64n,
    -65n,
    -(2n ** 40n),
  ]) {
    const low = run([...wasm.get(0), ...wasm.constant(value), ...wasm.storeWord(8)], 0);
    assert.is(low[2], Number(BigInt.asUintN(32, value)), String(value));
    const high = run(
      [...wasm.get(0), ...wasm.constant(value), ...wasm.constant(32n), ...wasm.shiftSigned, ...wasm.storeWord(8)],
      0,
    );
    assert.is(high[2], Number(BigInt.asUintN(32, value >> 32n)), String(value));
  }
});

test("words are unsigned; addresses and offsets add up; locals keep", () => {
  const body = [
    ...wasm.address(4),
    ...wasm.loadWord(4),
    ...wasm.set(1),
    ...wasm.get(0),
    ...wasm.address(16),
    ...wasm.addressPlus,
    ...wasm.get(1),
    ...wasm.tee(2),
    ...wasm.get(2),
    ...wasm.multiply,
    ...wasm.constant(32n),
    ...wasm.shiftUnsigned,
    ...wasm.storeWord(200),
  ];
  const words = run(body, 2, [0, 0, 0xffffffff]);
  assert.is(words[(16 + 200) / 4], 0xfffffffe);
});

test("select takes the first of two where the condition holds", () => {
  const pick = (value: bigint): number | undefined =>
    run(
      [
        ...wasm.get(0),
        ...wasm.constant(7n),
        ...wasm.constant(9n),
        ...wasm.constant(value),
        ...wasm.isNegative,
        ...wasm.select,
        ...wasm.storeWord(0),
      ],
      0,
    )[0];
  assert.equal([pick(-1n), pick(0n), pick(1n)], [7, 9, 9]);
});

test("functions call each other, with names and memory exported", () => {
  const twice = {
    name: "twice",
    parameters: 1,
    locals: 0,
    body: [...wasm.get(0), ...wasm.call(0), ...wasm.get(0), ...wasm.call(0)],
  };
  const more = {
    name: "more",
    parameters: 1,
    locals: 0,
    body: [
      ...wasm.get(0),
      ...wasm.get(0),
      ...wasm.loadWord(0),
      ...wasm.constant(3n),
      ...wasm.add,
      ...wasm.storeWord(0),
    ],
  };
  const { exports } = new host.Instance(new host.Module(wasm.encodeModule([more, twice], 2)));
  assert.equal(Object.keys(exports), ["more", "twice", "memory"]);
  (exports.twice as (at: number) => void)(65_536);
  const memory = (exports.memory as { buffer: ArrayBuffer }).buffer;
  assert.equal([new Uint32Array(memory)[16_384], memory.byteLength], [6, 131_072]);
});

test.run();
