import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeModule } from "../../../core/kernel/wasm-code.ts";
import { joinPieces, joinSnapshot, pageBytes } from "../../../scripts/component/snapshot.ts";

const test = suite("scripts/component/snapshot");
const { Instance, Module } = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object) => { exports: { memory: { buffer: ArrayBuffer } } };
    };
  }
).WebAssembly;
const memoryOf = (module: Uint8Array) => Buffer.from(new Instance(new Module(module)).exports.memory.buffer);
const piece = (at: number, ...bytes: readonly number[]) => ({ at, bytes: Uint8Array.from(bytes) });

test("the memory is the same, with pages of zeros behind it", () => {
  // Addresses with one to four bytes, at the sign's bit and beside it.
  const places = [0, 56, 63, 80, 200, 8180, 8191, 20_000, 2 * pageBytes - 4];
  const data = places.map((at) => piece(at, 1, at & 0xff, 3, 4));
  const module = encodeModule([], 2, data);
  const joined = joinSnapshot(module, 3);
  assert.is(joined.added, 2 * pageBytes);
  const [before, after] = [memoryOf(module), memoryOf(joined.module)];
  assert.is(after.length, 5 * pageBytes);
  assert.ok(after.subarray(0, before.length).equals(before));
  assert.ok(after.subarray(before.length).every((byte) => byte === 0));
});

test("pieces are joined over as many zeros as there may be, in the order of their addresses", () => {
  const pieces = [piece(20, 5), piece(10, 1, 2), piece(14, 3), piece(21, 6)];
  assert.equal(
    joinPieces(pieces, 2).map(({ at, bytes }) => [at, ...bytes]),
    [
      [10, 1, 2, 0, 0, 3],
      [20, 5, 6],
    ],
  );
  assert.is(joinPieces(pieces, 1).length, 3);
  assert.throws(() => joinPieces([piece(10, 1, 2), piece(11, 3)]), /at one place/);
});

test("a module without a memory of its own is none", () => {
  assert.throws(() => joinSnapshot(encodeModule([], []), 1), /no memory/);
});

test.run();
