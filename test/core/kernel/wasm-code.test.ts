import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as wasm from "../../../core/kernel/wasm-code.ts";

const test = suite("core/kernel/wasm-code");
const host = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports?: object) => { exports: Record<string, unknown> };
      Memory: new (size: { initial: number }) => { buffer: ArrayBuffer };
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

/** Runs a body that leaves a number, over one address. */
function leaves(body: wasm.Code, data: readonly wasm.Placed[] = []): number {
  const code = { name: "run", parameters: 1, locals: 1, shortLocals: 2, returns: true, body };
  const { exports } = new host.Instance(new host.Module(wasm.encodeModule([code], 1, data)));
  return (exports.run as (at: number) => number)(0);
}

test("32-bit integers: sums, products, differences, bits, turns and comparisons", () => {
  const of = (left: number, right: number, operation: wasm.Code): number =>
    leaves([...wasm.address(left), ...wasm.address(right), ...operation]) >>> 0;
  assert.is(of(-1, 3, wasm.addressPlus), 2);
  assert.is(of(2, 3, wasm.shortMinus), 0xffffffff);
  assert.is(of(0x10001, 0x10001, wasm.shortTimes), 0x20001);
  assert.is(of(12, 10, wasm.shortAnd), 8);
  assert.is(of(12, 10, wasm.shortXor), 6);
  assert.is(of(-1, 28, wasm.shortUnsignedShift), 15);
  assert.is(of(3, 1, wasm.rotateRight), 0x80000001);
  assert.equal([of(1, 2, wasm.isDifferent), of(2, 2, wasm.isDifferent)], [1, 0]);
  assert.equal([of(-1, 2, wasm.isAbove), of(2, 2, wasm.isAbove)], [1, 0], "unsigned");
  assert.equal(
    [leaves([...wasm.get(0), ...wasm.isShortNone]), leaves([...wasm.address(4), ...wasm.isShortNone])],
    [1, 0],
  );
});

test("64-bit integers in memory, and whether they are 0", () => {
  const both = (operation: wasm.Code): wasm.Code => [
    ...[...wasm.get(0), ...wasm.constant(2n ** 40n), ...wasm.storeLong(16)],
    ...[...wasm.get(0), ...wasm.loadLong(16), ...wasm.constant(2n ** 40n), ...operation, ...wasm.isNone],
  ];
  assert.equal([leaves(both(wasm.xor)), leaves(both(wasm.or))], [1, 0]);
});

test("memory begins as it was told; bytes and words are read and written", () => {
  const data = [
    { at: 300, bytes: Uint8Array.of(1, 2, 0x83, 4) },
    { at: 400, bytes: Uint8Array.of(5) },
  ];
  assert.is(leaves([...wasm.get(0), ...wasm.loadShort(300)], data), 0x04830201);
  assert.is(leaves([...wasm.get(0), ...wasm.loadByte(302)], data), 0x83);
  const written = [
    ...[...wasm.get(0), ...wasm.address(0x1ff), ...wasm.storeByte(401)],
    ...[...wasm.get(0), ...wasm.loadShort(400)],
  ];
  assert.is(leaves(written, data), 0xff05);
  assert.is(
    leaves([...wasm.get(0), ...wasm.address(-2), ...wasm.storeShort(8), ...wasm.get(0), ...wasm.loadShort(8)]),
    -2,
  );
});

test("what is done under a condition, again, at once, and not at all", () => {
  const [count, sum] = [2, 3];
  const sumTo = (last: number): wasm.Code => [
    ...[...wasm.address(last), ...wasm.set(count)],
    ...wasm.repeat([
      ...[wasm.get(sum), wasm.get(count), wasm.addressPlus, wasm.set(sum)].flat(),
      ...[wasm.get(count), wasm.address(1), wasm.shortMinus, wasm.tee(count)].flat(),
    ]),
    ...wasm.get(sum),
  ];
  assert.is(leaves(sumTo(100)), 5050);
  const early = (condition: number): wasm.Code => [
    ...wasm.address(condition),
    ...wasm.when([...wasm.address(7), ...wasm.leave]),
    ...wasm.address(9),
  ];
  assert.equal([leaves(early(1)), leaves(early(0))], [7, 9]);
  assert.throws(() => leaves([...wasm.address(1), ...wasm.when(wasm.trap), ...wasm.address(9)]));
  assert.is(leaves([...wasm.address(0), ...wasm.when(wasm.trap), ...wasm.address(9)]), 9);
});

test("a module over a memory that it is given, and functions, which are its first", () => {
  const shared = new host.Memory({ initial: 1 });
  const body = [...wasm.get(0), ...wasm.get(0), ...wasm.call(0), ...wasm.storeShort(4)];
  const code = { name: "run", parameters: 1, locals: 0, body };
  const again = { name: "again", parameters: 1, locals: 0, body: [...wasm.get(0), ...wasm.call(1)] };
  const given = [{ name: "more", parameters: 1, returns: true }];
  const data = [{ at: 100, bytes: Uint8Array.of(7) }];
  const module = new host.Module(wasm.encodeModule([code, again], given, data));
  const { exports } = new host.Instance(module, { env: { memory: shared, more: (value: number) => value + 1 } });
  assert.equal(Object.keys(exports), ["run", "again"]);
  (exports.again as (at: number) => void)(40);
  assert.is(new Uint32Array(shared.buffer)[11], 41);
  assert.is(new Uint8Array(shared.buffer)[100], 7);
});

test.run();
